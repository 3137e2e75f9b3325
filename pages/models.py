"""The model cards: how accurate, robust and fast each model is, and how it is built."""

from digitrec.config import BASELINE, LINE, settings
from digitrec.recognition.models.cards import read_card, read_line_card
from digitrec.recognition.models.weaknesses import weaknesses
from digitrec.services import services
from digitrec.web.models.architecture import show_architecture, show_training
from digitrec.web.models.confusion import show_mistakes
from digitrec.web.models.digit_card import show_accuracy, show_conventions, show_fine_tuning, show_robustness
from digitrec.web.models.elements import show_overview, show_weaknesses
from digitrec.web.models.importing import show_delete, show_import
from digitrec.web.models.leaderboard import show_leaderboard
from digitrec.web.models.line_card import show_line_card
from digitrec.web.models.speed import show_speed
from digitrec.web.shared.admission import admitted
from digitrec.web.shared.choice import choose
from digitrec.web.shared.notices import show_notices
from digitrec.web.shared.router import require_router

require_router(__file__)

names = services().model_names()
name = choose("Model", (*names, LINE), "model-card", lambda name: f"{name} (numbers)" if name == LINE else name)


@admitted
def show_model() -> None:
    if name == LINE:
        show_line_card(read_line_card(settings().models))
        show_speed(name)
        return
    compared = [name, BASELINE] if name != BASELINE and BASELINE in names else [name]
    cards = [read_card(each, settings().models) for each in compared]
    card = cards[0]
    threshold_help = "A drawing less likely than this to be a digit is rejected. At 0%, nothing is rejected."
    show_overview(card, "Digit threshold", card.digit_threshold, threshold_help)
    show_conventions(card)
    show_fine_tuning(card)
    show_accuracy(cards)
    show_weaknesses(weaknesses(card))
    show_mistakes(cards)
    show_robustness(cards)
    show_architecture(card)
    show_training(card)
    show_speed(name)
    show_delete(card, names[0])
    show_leaderboard(names)


show_model()
show_import()
show_notices()
