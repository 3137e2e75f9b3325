// The browser's Back button closes the dialog, which on a phone covers the page. So the open dialog is an entry of its own in
// the browser's history, and goes when the dialog is closed in another way.
function closeDialog(event) {
    // Streamlit would run the page again.
    event.stopImmediatePropagation();
    document.querySelector("[role=dialog] [aria-label=Close]").click();
}

function goBack() {
    if (!history.state?.isDialog || document.querySelector("[role=dialog]")) return;
    window.addEventListener("popstate", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
    history.back();
}

export default function () {
    if (!history.state?.isDialog) history.pushState({ isDialog: true }, "");
    window.addEventListener("popstate", closeDialog, true);
    return () => {
        window.removeEventListener("popstate", closeDialog, true);
        setTimeout(goBack);
    };
}
