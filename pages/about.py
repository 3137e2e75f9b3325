"""What happens to a drawing, what the models still get wrong, and how data is handled."""

import streamlit as st

from digitrec.prediction import InputMethod, percent
from digitrec.recognition.digit_recognizer import DigitRecognizer
from digitrec.samples import samples, strokes_to_png
from digitrec.services import services
from digitrec.web.about.known_mistakes import show_known_mistakes
from digitrec.web.about.privacy import show_privacy
from digitrec.web.prediction.steps import show_steps
from digitrec.web.shared.models import recognizer_or_notice
from digitrec.web.shared.router import require_router

require_router(__file__)

recognizer = recognizer_or_notice(services().model_names()[0])


@st.fragment
def show_walkthrough(recognizer: DigitRecognizer) -> None:
    digit = st.pills("Sample digit", list(samples()), default=7, required=True, key="about-digit", wrap=True)
    prediction = recognizer.recognize(strokes_to_png(samples()[digit]), InputMethod.SAMPLE)
    show_steps(prediction.steps)
    st.markdown(
        f"{prediction.model} predicts **{prediction.label}** with **{percent(prediction.confidence)}** confidence. "
        f"All of this took {prediction.milliseconds:.1f} ms."
    )


st.markdown(
    """
Many demos promise that a computer can recognize 99% of all handwritten digits. Then you draw a 7, and it sees a 1.
digitrec shows you why: what the computer saw, what it predicted, and how confident it was.

## How a drawing is recognized

The app uses a **neural network**: a program that learned from many thousands of examples instead of following rules
that a person wrote. The network expects a tiny picture, 28 by 28 pixels, with one digit in the middle. So the app
prepares your drawing first:

1. **Find the ink.** In a drawing, the ink is what you drew. In a photo, it is what stands out from the paper. Ruled
   lines, shadows and the edge of the sheet are removed.
2. **Crop.** Everything around the digit is cut off. What is left is the smallest rectangle that holds all the ink,
   called the *bounding box*.
3. **Adjust the stroke width.** Very thin strokes are made thicker, and very thick ones thinner.
4. **Resize.** The digit is made smaller or larger until it just fits into 20 by 20 pixels. Its shape stays the same.
5. **Center.** The digit is placed in a picture of 28 by 28 pixels so that its *center of mass*, the point where it
   would balance, is in the middle.
6. **Predict.** Each pixel becomes a number from 0 (paper) to 1 (ink). That makes 28 × 28 = 784 numbers. The network
   turns them into ten probabilities, one for each digit. It also estimates whether it sees a digit at all, or instead
   several digits, a letter or a scribble.

The highest of the ten probabilities is called the **confidence**. A confidence of 90% means that about nine out of ten
such predictions are correct. If the confidence is too low, the prediction is marked *Unsure*. If the drawing probably
isn't a digit, the result is *Not a digit*.

Pick a digit to see these steps:
"""
)
if recognizer:
    show_walkthrough(recognizer)
st.markdown(
    """
## How a number is recognized

The digits of a number may touch or overlap, so they are hard to separate. A second network, called *line*, reads the
whole line from left to right, as you do, and suggests the most likely numbers. For each suggestion, the app cuts the
line between the digits, where there is the least ink. Then the digit network, *everyhand*, checks every piece. The
result combines what both networks found. A `?` stands for any character that isn't a digit. Dots, commas and dashes
are ignored.

## Known mistakes

We drew these ourselves and collected them because *everyhand* got them wrong or wasn't confident. Those that it now
gets right are not shown.
"""
)
if recognizer:
    show_known_mistakes(recognizer)
st.markdown(
    """
## The two digit models

*baseline* is the small network that many tutorials build. It learned from a single collection of digits, called MNIST,
that Americans wrote on paper. A 1 with a hook or a 7 with a crossbar can fool it. And because it has only ever seen
digits, it mistakes a dot, a letter or a scribble for the digit it looks most like.

*everyhand* also learned from digits written with other pens and by other people, and from pictures of things that
aren't digits. Select both on the Draw page to compare them. The Models page shows how accurate each of them is and
where it fails.

## Data sources

- **MNIST:** 60,000 digits that American census workers and high school students wrote on paper (Yann LeCun and
  Corinna Cortes, CC BY-SA 3.0).
- **Pen-Based Recognition of Handwritten Digits:** digits that people in Istanbul wrote with a pen on a tablet
  (E. Alpaydin and F. Alimoglu, UCI, CC BY 4.0).
- **Letters:** the letters that *everyhand* learned to reject come from the Hershey fonts (A. V. Hershey).
- **Samples and known mistakes:** drawn by us.

## Your data
"""
)
show_privacy()
