const DEBOUNCE = 200; // Milliseconds: the canvas reports a stroke at most this long after it was finished.
const GIVE_UP = 1000; // After this time without a response, the websocket is reopened.

// Turn one element into another and keep the parts that are equal, so that nothing flickers and the bars animate.
function morph(element, other) {
    if (element.nodeName !== other.nodeName || element.childNodes.length !== other.childNodes.length) {
        element.replaceWith(other);
    } else if (element.nodeType !== Node.ELEMENT_NODE) {
        if (element.data !== other.data) element.data = other.data;
    } else {
        for (const { name, value } of other.attributes) {
            if (element.getAttribute(name) !== value) element.setAttribute(name, value);
        }
        const others = [...other.childNodes];
        [...element.childNodes].forEach((child, index) => morph(child, others[index]));
    }
}

function createCanvas(width, height) {
    return Object.assign(document.createElement("canvas"), { width, height });
}

// The left, top, right and bottom edges of the ink, or of one pixel if there is none.
function bounds({ data, width, height }) {
    let [left, top, right, bottom] = [width - 1, height - 1, 0, 0];
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            if (!data[4 * (y * width + x)]) continue;
            left = Math.min(left, x);
            top = Math.min(top, y);
            right = Math.max(right, x);
            bottom = Math.max(bottom, y);
        }
    }
    return left > right ? [0, 0, 1, 1] : [left, top, right + 1, bottom + 1];
}

class Panel extends PreviewPanel {
    constructor(root) {
        super(root);
        this.isDown = this.isPreviewed = false;
        this.liftedAt = this.version = 0;
        this.pending = []; // Previews that the server has yet to send; it sends them in order.
        const options = { capture: true, signal: this.gone.signal };
        document.addEventListener("stroke-started", ({ detail }) => this.start(detail), options);
        document.addEventListener("pointermove", () => this.isDown && this.request("moving"), options);
        document.addEventListener("stroke-finished", ({ detail }) => this.finish(detail), options);
        document.addEventListener("stroke-reported", () => (this.liftedAt = -DEBOUNCE), options);
        document.addEventListener("stroke-canceled", () => this.cancel(), options);
        document.addEventListener("drawing-replaced", () => this.replace(), options);
    }

    // Show the result of the script. While the user draws, it is older than what the previews show.
    update({ html, preview }) {
        this.preview = preview;
        this.html = html;
        if (!this.isDown && performance.now() >= this.liftedAt + DEBOUNCE) this.settle();
        else if (!this.isPreviewed) this.show(html, "run");
    }

    settle() {
        this.version += 1;
        this.isPreviewed = false;
        this.show(this.html, "run");
    }

    show(html, state) {
        const other = document.createElement("div");
        other.innerHTML = html;
        if (this.root.childNodes.length === other.childNodes.length) {
            const others = [...other.childNodes];
            [...this.root.childNodes].forEach((child, index) => morph(child, others[index]));
        } else {
            this.root.replaceChildren(...other.childNodes);
        }
        this.root.dataset.state = state;
        this.root.removeAttribute("data-outdated");
    }

    start(canvas) {
        this.layers = [...canvas.getRootNode().querySelectorAll("canvas")];
        this.isDown = true;
        this.request("moving");
    }

    finish(image) {
        this.isDown = false;
        this.liftedAt = performance.now();
        this.image = image;
        this.root.setAttribute("data-outdated", "");
        this.request("lifted");
    }

    cancel() {
        this.isDown = false;
        this.request(null);
        this.settle();
    }

    // Undo or Clear: the preview is outdated, and the canvas won't report the last stroke.
    replace() {
        this.isDown = false;
        this.liftedAt = -DEBOUNCE;
        this.request(null);
        this.settle();
        this.root.setAttribute("data-outdated", "");
    }

    // The canvas as a PNG. Of a digit, only the part with ink, which saves the server a quarter of the time.
    snapshot() {
        const { width, height } = this.preview;
        const whole = createCanvas(width, height);
        const context = whole.getContext("2d", { willReadFrequently: true });
        for (const layer of this.layers) context.drawImage(layer, 0, 0, width, height);
        if (!this.preview.cropped) return whole.toDataURL();
        const [left, top, right, bottom] = bounds(context.getImageData(0, 0, width, height));
        const part = createCanvas(right - left, bottom - top);
        part.getContext("2d", { willReadFrequently: true }).drawImage(whole, -left, -top);
        return part.toDataURL();
    }

    // Ask for a preview as soon as there may be one; the newest picture wins.
    request(state) {
        this.wanted = state;
        clearTimeout(this.timer);
        if (!state || !this.preview) return;
        const now = performance.now();
        if (now - this.pending[0]?.start > GIVE_UP) this.socket.close();
        if (!this.socket || this.socket.readyState > WebSocket.OPEN) {
            if (now >= this.notBefore) this.connect();
        } else if (this.socket.readyState === WebSocket.OPEN) {
            // Without waiting for the result of an older picture.
            if (state === "lifted") this.send();
            // Later, because the canvas has yet to draw where the pen just went.
            else if (!this.pending.length) this.timer = setTimeout(() => this.send(), this.notBefore - now);
        }
    }

    connect() {
        this.pending = [];
        super.connect();
    }

    send() {
        const state = this.wanted;
        const image = state === "lifted" ? this.image : this.snapshot();
        this.wanted = null;
        this.pending.push({ state, version: this.version, start: performance.now() });
        this.socket.send(JSON.stringify({ token: this.preview.token, lifted: state === "lifted", image }));
    }

    receive({ html }) {
        const { state, version, start } = this.pending.shift();
        const now = performance.now();
        const taken = now - start;
        // Slow predictions, such as those of numbers, come less often.
        this.notBefore = now + (html ? Math.max(MIN_INTERVAL - taken, taken) : PAUSE);
        if (html && version === this.version) {
            this.isPreviewed = true;
            this.show(html, state);
        }
        this.request(this.wanted);
    }
}

export default function ({ data, parentElement }) {
    const root = parentElement.querySelector("[data-state]");
    const panel = Panel.of(root);
    panel.update(data);
    const region = parentElement.querySelector("[role=status]");
    if (region.textContent !== data.announcement) region.textContent = data.announcement;
    return () => panel.stop();
}
