const MIN_INTERVAL = 50; // Milliseconds: at most 20 previews a second.
const PAUSE = 1000; // After the server was too busy for one.
const DEBOUNCE = 200; // The canvas reports a stroke this long after the pen was lifted.
const GIVE_UP = 1000; // After this time, the script's answer is as new as it gets.
const panels = new WeakMap();
let warned = false;

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

class Panel {
    constructor(root) {
        this.root = root;
        this.isDown = this.isLifted = this.isWanted = this.isSending = this.isPreviewed = false;
        this.notBefore = this.liftedAt = this.version = 0;
    }

    // Show the answer of the script. While the user draws, it is older than what the previews show.
    update({ html, preview }) {
        this.preview = preview;
        this.html = html;
        clearTimeout(this.later);
        const isDrawing = this.isDown || performance.now() < this.liftedAt + DEBOUNCE;
        if (!this.isPreviewed || !isDrawing) this.settle();
        else if (!this.isDown) this.later = setTimeout(() => this.settle(), GIVE_UP);
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
    }

    listen() {
        this.stop();
        this.listeners = new AbortController();
        // Before the canvas gets them: when the pen is lifted, the whole stroke is still on its upper layer.
        const options = { capture: true, passive: true, signal: this.listeners.signal };
        document.addEventListener("pointerdown", (event) => this.down(event), options);
        document.addEventListener("pointermove", () => this.isDown && this.preview && this.request(), options);
        for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => this.up(), options);
    }

    stop() {
        this.listeners?.abort();
    }

    down(event) {
        if (!this.preview || !event.target.closest?.(this.preview.canvas)) return;
        const canvas = event.composedPath()[0];
        if (canvas.nodeName !== "CANVAS") {
            if (!warned) console.warn("digitrec: the canvas was not found, so there are no previews.");
            warned = true;
            return;
        }
        clearTimeout(this.later);
        this.layers = [...canvas.getRootNode().querySelectorAll("canvas")];
        this.isDown = true;
    }

    up() {
        if (!this.isDown) return;
        this.isDown = false;
        if (!this.preview) return;
        this.isLifted = true;
        this.liftedAt = performance.now();
        this.image = this.snapshot();
        this.later = setTimeout(() => this.settle(), GIVE_UP);
        this.request();
    }

    snapshot() {
        const { width, height } = this.preview;
        const picture = Object.assign(document.createElement("canvas"), { width, height });
        const context = picture.getContext("2d", { willReadFrequently: true });
        for (const layer of this.layers) context.drawImage(layer, 0, 0, width, height);
        return picture.toDataURL("image/png");
    }

    // Ask for a preview as soon as there may be one; the newest picture wins.
    request() {
        this.isWanted = true;
        if (this.isSending) return;
        clearTimeout(this.timer);
        const wait = this.isLifted ? 0 : this.notBefore - performance.now();
        if (wait > 0) this.timer = setTimeout(() => this.send(), wait);
        else this.send();
    }

    async send() {
        const { version, isLifted, preview } = this;
        this.isSending = true;
        this.isWanted = this.isLifted = false;
        const start = performance.now();
        let pause = PAUSE;
        try {
            const headers = { "X-Preview-Token": preview.token, ...(isLifted && { "X-Pen-Lifted": "1" }) };
            const body = isLifted ? this.image : this.snapshot();
            const signal = AbortSignal.timeout(GIVE_UP);
            const response = await fetch(preview.path, { method: "POST", headers, body, signal });
            // The token is too old; the next run of the script brings a new one.
            if (response.status === 403) this.preview = null;
            if (response.status === 200) {
                const { answer } = await response.json();
                const taken = performance.now() - start;
                // Slow predictions, such as those of numbers, come less often.
                pause = Math.max(MIN_INTERVAL - taken, taken);
                if (version === this.version) {
                    this.isPreviewed = true;
                    this.show(answer, isLifted ? "lifted" : "moving");
                }
            }
        } catch {
            // The answer of the script will do.
        }
        this.notBefore = performance.now() + pause;
        this.isSending = false;
        if (this.preview && this.isWanted && (this.isDown || this.isLifted)) this.request();
    }
}

export default function ({ data, parentElement }) {
    const root = parentElement.querySelector("[data-state]");
    if (!panels.has(root)) panels.set(root, new Panel(root));
    const panel = panels.get(root);
    panel.update(data);
    panel.listen();
    return () => panel.stop();
}
