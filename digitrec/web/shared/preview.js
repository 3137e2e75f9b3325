const MIN_INTERVAL = 100; // Milliseconds: at most 10 previews a second. More look no smoother and cost as much as strokes.
const PAUSE = 1000; // After the server was too busy for a preview, or did not respond.
const POLICY_VIOLATION = 1008;
const panels = new WeakMap();

// An element that shows previews. Subclasses define `request`, which asks for one, and `receive`, which shows it.
class PreviewPanel {
    // The same panel for an element in every run of the script.
    static of(root) {
        if (!panels.has(root)) panels.set(root, new this(root));
        return panels.get(root);
    }

    constructor(root) {
        this.root = root;
        this.notBefore = 0;
        this.wanted = null; // What to request once connected.
        this.gone = new AbortController(); // Aborted once the element is no longer on the page.
    }

    connect() {
        const url = new URL(this.preview.path, location.href);
        url.protocol = url.protocol.replace("http", "ws");
        const socket = (this.socket = new WebSocket(url));
        socket.onopen = () => this.request(this.wanted);
        socket.onmessage = ({ data }) => socket === this.socket && this.receive(JSON.parse(data));
        socket.onclose = ({ code }) => {
            this.notBefore = performance.now() + PAUSE;
            if (code === POLICY_VIOLATION) this.expire();
        };
    }

    // The token is too old; the next run of the script brings a new one.
    expire() {
        this.preview = null;
    }

    // Streamlit also cleans up after a run that another one has overtaken.
    stop() {
        if (this.root.isConnected) return;
        this.gone.abort();
        this.socket?.close();
    }
}
