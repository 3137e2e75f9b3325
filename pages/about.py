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

#### Where the data came from

The network was trained on MNIST, 60,000 digits that American census workers and students wrote on paper
(Yann LeCun and Corinna Cortes, CC BY-SA 3.0). The sample digits on the Draw page were drawn by us.

#### What happens to what you draw

It is read in the memory of the server and forgotten when you leave.
"""
)
