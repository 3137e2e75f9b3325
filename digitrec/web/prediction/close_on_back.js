// The browser's Back button closes the dialog, which on a phone covers the page. So the open dialog is an entry of its own in
// the browser's history, and goes when the dialog is closed in another way. Streamlit runs the page again at each change of
// the entry unless the address contains a #.
function setHash(hash) {
    history.replaceState(history.state, "", location.pathname + location.search + hash);
}

function closeDialog() {
    setHash("");
    document.querySelector("[role=dialog] [aria-label=Close]").click();
}

function goBack() {
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
        setTimeout(goBack);
    };
}
