"""What this app is and how a drawing becomes an answer."""

import streamlit as st

st.markdown(
    """
People are told that a network reads 99 % of handwritten digits, and then it fails on their own 7.
digitrec lets you see why: what the network was given, what it answered, and how sure it was.

#### How a drawing becomes an answer

1. **Ink.** Of a drawing, the white strokes. Of a photograph, what stands out from the paper.
2. **Bounding box.** Everything but the digit is cut away.
3. **Fit 20x20.** The digit is made small, keeping its shape.
4. **Centre 28x28.** Its centre of mass goes to the middle, as in MNIST, the data the network learned from.
5. **Network.** 784 numbers go in, ten probabilities come out. The likeliest digit is the answer.
   Below a confidence chosen on digits the network never saw, the answer is called *unsure*.

Switch on *Show every step of preprocessing* on the Draw page to see these steps for your own digit.

The network learned digits and nothing else: to it a dot, a letter or a scribble is the digit it most resembles, and
it may be sure of that. And it learned American handwriting: a 1 with a hook or a crossed 7 can mislead it.

#### Where the data came from

The network was trained on MNIST, 60,000 digits that American census workers and students wrote on paper
(Yann LeCun and Corinna Cortes, CC BY-SA 3.0). The sample digits on the Draw page were drawn by us.

#### What happens to what you draw

It is kept in your history, in a file on the machine that runs the app, until somebody deletes that file. Nothing is
sent anywhere else.
"""
)
