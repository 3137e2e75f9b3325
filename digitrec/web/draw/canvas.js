// The canvas component, with Undo and Clear in the browser: they act at once, also while the server is slow or away. The
// browser knows its drawings better than the server, so only a drawing that it never had replaces the one on the canvas.
const { default: showCanvas } = await import(new URL(COMPONENT_PATH, location.href));
const REPORT_DELAY = 200; // Milliseconds: strokes in quick succession are reported together.
const RESTING = 10; // Pixels: a finger that moved less isn't drawing.
let shown = null; // The canvas on the page.
let finger = null; // The finger that draws, and where it touched the canvas.

class Canvas {
    knownKeys = new Set(); // The keys of the drawings that it has had.
    pen = null; // The ID of the pointer that draws.

    // A run of the script. During a stroke it waits, because a new brush or drawing would cut the stroke in two.
    update(args) {
        this.args = args;
        if (this.pen === null) this.render();
    }

    render() {
        const { key, objects } = this.args.data.initialDrawing;
        if (this.knownKeys.has(key)) return this.show();
        this.load({ key, objects });
        // The button that brought the drawing may be far below the canvas.
        this.args.parentElement.querySelector(".canvas-root").scrollIntoView({ block: "nearest" });
    }

    load({ key, objects }) {
        this.stopWaiting();
        this.knownKeys.add(key);
        this.key = key;
        this.objects = objects;
        // The component ignores a drawing equal to the last one that it loaded.
        this.initialDrawing = { ...this.args.data.initialDrawing, objects, revision: Math.random() };
        this.show();
    }

    show() {
        const data = { ...this.args.data, initialDrawing: this.initialDrawing };
        this.unmount = showCanvas({ ...this.args, data, setStateValue: (name, value) => this.send(name, value) });
    }

    send(name, value) {
        if (name === "drawing") {
            this.objects = value.raw.objects;
            value.raw.key = this.key;
        }
        if (this.isReading) this.report = value;
        else this.args.setStateValue(name, value);
    }

    // Update `objects` and `report`. The component would report a stroke later, unless its own toolbar is used.
    read() {
        this.stopWaiting();
        this.isReading = true;
        this.args.parentElement.querySelector(".dc-toolbar button").click();
        this.isReading = false;
    }

    // The stroke is finished. Its preview shows the same image that the script will recognize.
    finish() {
        const { length } = this.objects;
        this.read();
        const { report } = this;
        this.timer = setTimeout(() => this.sendReport(), REPORT_DELAY);
        // Clear or Undo may have been faster.
        notify(this.objects.length > length ? "stroke-finished" : "stroke-canceled", report.data);
    }

    stopWaiting() {
        clearTimeout(this.timer);
        this.timer = null;
    }

    // Report a finished stroke, if one is waiting.
    sendReport() {
        if (!this.timer) return;
        this.stopWaiting();
        this.args.setStateValue("drawing", this.report);
        notify("stroke-reported");
    }

    // The touch wasn't meant for the canvas: the palm of a hand that holds a pen, or a gesture of the system.
    cancel() {
        this.load(this);
        notify("stroke-canceled");
    }

    // An empty canvas starts a new drawing. Undo brings back a cleared one.
    clear() {
        this.read();
        if (this.objects.length) this.cleared = { key: this.key, objects: this.objects };
        this.load({ key: Math.random().toString(36), objects: [] });
    }

    undo() {
        this.read();
        if (this.objects.length > 1) return this.load({ key: this.key, objects: this.objects.slice(0, -1) });
        const cleared = this.objects.length ? null : this.cleared;
        this.cleared = null;
        this.load(cleared ?? { key: Math.random().toString(36), objects: [] });
    }
}

// Tell the element that shows the previews.
function notify(type, detail) {
    document.dispatchEvent(new CustomEvent(type, { detail }));
}

function down(event) {
    const canvas = event.composedPath()[0];
    // The click that follows may depend on the last stroke or remove the canvas.
    if (canvas.nodeName !== "CANVAS" && !toolAt(event)) shown?.sendReport();
    // While a finger draws, others don't count.
    if (canvas.nodeName !== "CANVAS" || event.button || !shown || finger?.hasMoved) return;
    shown.pen = event.pointerId;
    notify("stroke-started", canvas);
}

function up({ type, pointerId }) {
    if (shown?.pen !== pointerId) return;
    shown.pen = null;
    // After the component has finished the stroke.
    setTimeout(() => {
        if (type === "pointerup") shown?.finish();
        else shown?.cancel();
        shown?.render();
    });
}

function toolAt({ target }) {
    return target.closest?.(".st-key-undo button, .st-key-clear button");
}

function click(event) {
    const button = toolAt(event);
    if (!button || !shown) return;
    event.stopPropagation();
    if (shown.pen !== null) return;
    if (button.closest(".st-key-undo")) shown.undo();
    else shown.clear();
    notify("drawing-replaced");
}

// Fabric.js sees one finger only: it would lose a stroke that ends while another finger is on the screen. A finger that
// rests on the canvas makes way for the next one.
function touch(event) {
    const canvas = event.composedPath()[0];
    if (!event.isTrusted || canvas.nodeName !== "CANVAS") return;
    event.stopPropagation();
    if (event.cancelable) event.preventDefault();
    const isEnd = ["touchend", "touchcancel"].includes(event.type);
    for (const { identifier, clientX, clientY } of event.changedTouches) {
        if (event.type === "touchstart" && !finger?.hasMoved) finger = { identifier, clientX, clientY };
        if (identifier !== finger?.identifier) continue;
        finger.hasMoved ||= Math.hypot(clientX - finger.clientX, clientY - finger.clientY) > RESTING;
        if (isEnd) finger = null;
        const only = new Touch({ identifier: 0, target: canvas, clientX, clientY });
        const touches = { touches: isEnd ? [] : [only], changedTouches: [only] };
        const type = isEnd ? "touchend" : event.type;
        canvas.dispatchEvent(new TouchEvent(type, { ...touches, bubbles: true, composed: true, cancelable: true }));
    }
}

document.addEventListener("pointerdown", down, true);
document.addEventListener("pointerup", up, true);
document.addEventListener("pointercancel", up, true);
document.addEventListener("click", click, true);

export default function (args) {
    const { parentElement } = args;
    if (shown?.args.parentElement !== parentElement) {
        shown = new Canvas();
        finger = null;
        for (const type of ["touchstart", "touchmove", "touchend", "touchcancel"]) {
            parentElement.addEventListener(type, touch, { capture: true, passive: false });
        }
    }
    const canvas = shown;
    canvas.update(args);
    return () => {
        // Streamlit also cleans up after a run that another one has overtaken.
        if (parentElement.isConnected) return;
        canvas.stopWaiting();
        canvas.unmount();
        if (shown === canvas) shown = null;
        notify("stroke-canceled");
    };
}
