const listeners = new WeakMap();

function pressed(event) {
    const letter = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : event.code.replace("Key", "");
    return event.altKey && !event.ctrlKey && !event.metaKey ? `Alt+${letter}` : event.key;
}

function isBusy(target) {
    return target.matches("textarea, input:not([type=checkbox], [type=radio], [type=file])")
        || document.querySelector("[role=dialog], [role=listbox], [role=menu]");
}

export default function ({ data, parentElement }) {
    document.removeEventListener("keydown", listeners.get(parentElement));
    const listener = (event) => {
        const shortcut = data.find(({ keys }) => keys.includes(pressed(event)));
        if (!shortcut || (event.key === "Escape" && isBusy(event.target))) return;
        event.preventDefault();
        // A stroke has focused the main part of the page, which would show it now.
        if (document.activeElement.matches(".stMain")) document.activeElement.blur();
        // Streamlit makes the page behind a dialog inert.
        const control = document.querySelector(`:is(${shortcut.control}):not(:disabled, [inert] *)`);
        if (shortcut.clicks) control?.click();
        else control?.focus();
    };
    listeners.set(parentElement, listener);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
}
