let opener = null; // The button that opened the last menu or popover.

// The content of a popover is the last on the page, and from a dialog it can't be reached with Tab.
function enterPopover({ target, detail }) {
    opener = target.closest?.("[aria-haspopup]") ?? opener;
    // The detail of a click with the keyboard is 0.
    if (detail || !target.closest?.("[data-testid=stPopoverButton]")) return;
    setTimeout(() => {
        const content = document.querySelector("[data-testid=stPopoverBody]");
        if (!content) return;
        content.tabIndex = -1;
        content.focus();
    });
}

// When a choice closes a menu or popover, the focus would go to the top of the page.
function leave({ target }) {
    if (!target.closest?.("[role=menu], [data-testid=stPopoverBody]")) return;
    setTimeout(() => document.activeElement === document.body && opener?.focus());
}

document.addEventListener("click", enterPopover);
document.addEventListener("focusout", leave);

export default () => {};
