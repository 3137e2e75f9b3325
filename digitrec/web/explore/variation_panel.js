const MIN_INTERVAL = 100; // Milliseconds: at most 10 previews a second.
const PAUSE = 1000; // After the server was too busy for a preview.
const SETTLED = 150; // After the last move, the script runs, for the rest of the page.
const POLICY_VIOLATION = 1008;
const panels = new WeakMap();

class Panel {
    constructor(root) {
        this.root = root;
        this.inputs = [...root.querySelectorAll("input")];
        this.number = this.updates = this.notBefore = 0;
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
        const url = new URL(this.preview.path, location.href);
        url.protocol = url.protocol.replace("http", "ws");
        this.socket = new WebSocket(url);
        this.isWaiting = false;
        this.socket.onopen = () => this.request();
        this.socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
        this.socket.onclose = ({ code }) => {
            this.notBefore = performance.now() + PAUSE;
            // The token is too old; a run of the script brings a new one.
            if (code === POLICY_VIOLATION) {
                this.preview = null;
                this.report();
            }
        };
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

    stop() {
        setTimeout(() => this.root.isConnected || this.socket?.close());
    }
}

export default function ({ data, parentElement, setStateValue }) {
    const root = parentElement.querySelector(".variation");
    if (!panels.has(root)) panels.set(root, new Panel(root));
    const panel = panels.get(root);
    panel.setStateValue = setStateValue;
    panel.update(data);
    return () => panel.stop();
}
