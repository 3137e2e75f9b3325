const MIN_INTERVAL = 70; // Milliseconds: the server allows 15 previews a second.
const PAUSE = 1000; // After the server was too busy for a preview.
const SETTLED = 150; // After the last move, the script runs, for the rest of the page.
const POLICY_VIOLATION = 1008;
const panels = new WeakMap();

class Panel {
    constructor(root) {
        this.root = root;
        this.inputs = [...root.querySelectorAll("input")];
        this.number = this.notBefore = 0;
        root.addEventListener("focusin", () => this.connect());
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
            input.previousElementSibling.textContent = value;
            input.setAttribute("aria-valuetext", value);
        }
    }

    values() {
        return Object.fromEntries(this.inputs.map(({ name, valueAsNumber }) => [name, valueAsNumber]));
    }

    // Run the script, and let the address name what the sliders show.
    report() {
        if (!this.root.isConnected) return;
        const url = new URL(location.href);
        for (const { name, value, dataset } of this.inputs) {
            if (value === dataset.neutral) url.searchParams.delete(name);
            else url.searchParams.set(name, value);
        }
        history.replaceState(history.state, "", url);
        this.isUnreported = false;
        this.number += 1;
        this.setStateValue("moved", { number: this.number, ...this.values() });
    }

    update({ number, values, shown, preview }) {
        this.preview = preview;
        // Later moves have been previewed.
        if (number < this.number || this.isUnreported) return;
        this.number = number;
        this.isMoved = false;
        for (const input of this.inputs) input.value = values[input.name];
        this.label();
        this.show(shown);
    }

    show({ pictures, answers }) {
        [...this.root.querySelectorAll("img")].forEach((image, index) => {
            if (image.getAttribute("src") !== pictures[index]) image.src = pictures[index];
        });
        if (this.answers !== answers) this.root.querySelector(".answers").innerHTML = this.answers = answers;
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
            // The token is too old; the next run of the script brings a new one.
            if (code === POLICY_VIOLATION) this.preview = null;
            this.notBefore = performance.now() + PAUSE;
        };
    }

    // One preview at a time; the newest values win.
    request() {
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
        this.notBefore = performance.now() + MIN_INTERVAL;
        const { token, image } = this.preview;
        this.asked = this.number;
        this.socket.send(JSON.stringify({ token, image, values: this.values(), lifted: false }));
    }

    receive(shown) {
        this.isWaiting = false;
        if (!shown.pictures) this.notBefore = performance.now() + PAUSE;
        // After the script has run, what it shows is newer.
        else if (this.isUnreported || this.asked === this.number) this.show(shown);
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
