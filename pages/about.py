"""What this app is, how a drawing becomes an answer, and what it still gets wrong."""

import streamlit as st

from digitrec.web.about.known_mistakes import show_known_mistakes
from digitrec.web.about.privacy import show_privacy
from digitrec.web.about.walkthrough import show_walkthrough
from digitrec.web.shared.models import available_models, recognizer_or_notice
from digitrec.web.shared.router import require_router

require_router(__file__)

recognizer = recognizer_or_notice(available_models()[0])

st.markdown(
    """
People are told that a network reads 99 % of handwritten digits, and then it fails on their own 7.
digitrec lets you see why: what the network was given, what it answered, and how sure it was.

## How does a drawing become an answer?

- **Ink.** Of a drawing, the white strokes. Of a photograph, what stands out from the paper; ruling, shadows, the edge
  of the sheet and what lies aside are left out.
- **Bounding box.** Everything but the digit is cut away.
- **Stroke width.** Very thin strokes are thickened, very thick ones thinned.
- **Fit 20x20.** The digit is made small, keeping its shape.
- **Centre 28x28.** Its centre of mass goes to the middle, as in MNIST, which half of what the network learned from is.
- **Network.** 784 numbers go in. Out come ten probabilities, one for each digit, and four for what it is: a digit,
  several digits, a letter, or a scribble. Below a confidence chosen on digits the network never saw, the answer is
  called *unsure*; what is hardly a digit is called *not a digit*.
"""
)
if recognizer:
    show_walkthrough(recognizer)
st.markdown(
    """
## How is a number read?

A line of writing is found, made level and 32 pixels high. A second network, *line*, reads it from left to right without
cutting it, so that digits may touch or overlap, and tells the likeliest numbers it may be. Then each is cut where there
is least ink, *everyhand* judges every cut, and the probabilities of both are multiplied. What is no digit is told as
`?`; dots, commas and dashes are passed over.

## What does it still get wrong?

These we drew ourselves, as people draw, and kept because *everyhand* read them wrong, with doubt, or not at all. Shown
are those of which that is still so.
"""
)
if recognizer:
    show_known_mistakes(recognizer)
st.markdown(
    """
## Why two models?

*baseline* is the small network of many a demo. It learned American handwriting on paper, from MNIST alone, and nothing
else: a 1 with a hook or a crossed 7 can mislead it, and to it a dot, a letter or a scribble is the digit it most
resembles. *everyhand* learned from pens too, from many hands and brushes, and from what is no digit. Choose both on the
Draw page to see them side by side; the Models page tells how well each reads, and what it gets wrong.

## Where did the data come from?

MNIST: 60,000 digits that American census workers and students wrote on paper (Yann LeCun and Corinna Cortes, CC BY-SA
3.0). Pen-Based Recognition of Handwritten Digits: digits that people in Istanbul wrote with a pen on a tablet (E.
Alpaydin and F. Alimoglu, UCI, CC BY 4.0). The letters it learned to refuse are those of A. V. Hershey's fonts. The
sample digits and the drawings above are ours.

## What happens to what you draw?
"""
)
show_privacy()
