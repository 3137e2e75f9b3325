// The browser's Back button closes the dialog, which on a phone covers the page. So the open dialog is an entry of its own in
// the browser's history, and goes when the dialog is closed in another way. Streamlit runs the page again at each change of
// the entry unless the address contains a #.
const RUN_DELAY = 100; // Milliseconds until the run of another page has certainly begun.

function setHash(hash) {
    history.replaceState(history.state, "", location.pathname + location.search + hash);
}

function closeDialog() {
    setHash("");
    document.querySelector("[role=dialog] [aria-label=Close]").click();
}

function goBack() {
    // The dialog goes before the page that one of its buttons opens is there, and going back would undo that.
    if (document.querySelector("[data-test-script-state=running]")) return setTimeout(goBack, RUN_DELAY);
    if (!history.state?.isDialog || document.querySelector("[role=dialog]")) return;
    window.addEventListener("popstate", () => setHash(""), { once: true });
    history.back();
}

export default function () {
    if (!history.state?.isDialog) {
        setHash("#");
        history.pushState({ isDialog: true }, "");
    }
    window.addEventListener("popstate", closeDialog);
    return () => {
        window.removeEventListener("popstate", closeDialog);
        setTimeout(goBack, RUN_DELAY);
    };
}
