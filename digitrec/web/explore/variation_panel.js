const SETTLED = 150; // Milliseconds: this long after the last move, the script runs, for the rest of the page.

class Panel extends PreviewPanel {
    constructor(root) {
        super(root);
        this.inputs = [...root.querySelectorAll("input")];
        this.number = this.updates = 0;
        root.addEventListener("focusin", ({ target }) => {
            if (target.dataset.help) root.querySelector(".help").textContent = target.dataset.help;
            this.connect();
        });
        root.addEventListener("input", () => this.move());
        root.querySelector("button").addEventListener("click", () => {
            for (const input of this.inputs) input.value = input.dataset.neutral;
            this.move();
        });
    }

    move() {
        this.label();
        this.isMoved = this.isUnreported = true;
        this.request();
        clearTimeout(this.settling);
        this.settling = setTimeout(() => this.report(), SETTLED);
    }

    label() {
        for (const input of this.inputs) {
            const value = input.value.replace("-", "−") + input.dataset.unit;
            if (input.getAttribute("aria-valuetext") === value) continue;
            input.setAttribute("aria-valuetext", value);
            input.previousElementSibling.textContent = value;
        }
    }

    values() {
        return Object.fromEntries(this.inputs.map(({ name, valueAsNumber }) => [name, valueAsNumber]));
    }

    report() {
        if (!this.root.isConnected) return;
        this.isUnreported = false;
        this.number += 1;
        this.setStateValue("moved", { number: this.number, ...this.values() });
    }

    // Show what the script computed, unless later moves have been previewed.
    update({ number, values, shown, announcement, preview }) {
        this.preview = preview;
        if (number < this.number || this.isUnreported) return;
        this.number = number;
        this.updates += 1;
        this.isMoved = false;
        for (const input of this.inputs) input.value = values[input.name];
        this.label();
        this.show(shown);
        // Not while a slider moves. At first, nothing has changed.
        if (number) this.root.querySelector("[role=status]").textContent = announcement;
    }

    show({ pictures, predictions }) {
        [...this.root.querySelectorAll("img")].forEach((image, index) => {
            if (image.getAttribute("src") !== pictures[index]) image.src = pictures[index];
        });
        if (this.predictions === predictions) return;
        this.predictions = predictions;
        this.root.querySelector(".predictions").innerHTML = predictions;
    }

    connect() {
        if (!this.preview || this.socket?.readyState <= WebSocket.OPEN || performance.now() < this.notBefore) return;
        this.isWaiting = false;
        super.connect();
    }

    expire() {
        super.expire();
        this.report();
    }

    // One preview at a time; the newest values win.
    request() {
        if (!this.root.isConnected) return;
        this.connect();
        if (!this.isMoved || this.isWaiting || !this.preview || this.socket?.readyState !== WebSocket.OPEN) return;
        const delay = this.notBefore - performance.now();
        clearTimeout(this.timer);
        if (delay > 0) {
            this.timer = setTimeout(() => this.request(), delay);
            return;
        }
        this.isMoved = false;
        this.isWaiting = true;
        this.asked = this.updates;
        this.notBefore = performance.now() + MIN_INTERVAL;
        const { token, image } = this.preview;
        this.socket.send(JSON.stringify({ token, image, values: this.values(), lifted: false }));
    }

    receive(shown) {
        this.isWaiting = false;
        if (!shown.pictures) this.notBefore = performance.now() + PAUSE;
        // What the script has shown meanwhile is newer.
        else if (this.isUnreported || this.asked === this.updates) this.show(shown);
        this.request();
    }
}

export default function ({ data, parentElement, setStateValue }) {
    const root = parentElement.querySelector(".variation");
    const panel = Panel.of(root);
    panel.setStateValue = setStateValue;
    panel.update(data);
    return () => panel.stop();
}
