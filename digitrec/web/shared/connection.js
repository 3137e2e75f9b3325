export default function ({ data, parentElement }) {
    const alert = parentElement.querySelector("[role=alert]");
    const app = document.querySelector("[data-test-connection-state]");
    const update = () => {
        const isConnected = app.dataset.testConnectionState === "CONNECTED";
        alert.textContent = navigator.onLine ? (isConnected ? "" : data.disconnected) : data.offline;
        document.body.toggleAttribute("data-disconnected", !navigator.onLine || !isConnected);
    };
    update();
    const observer = new MutationObserver(update);
    observer.observe(app, { attributeFilter: ["data-test-connection-state"] });
    window.addEventListener("offline", update);
    window.addEventListener("online", update);
    return () => {
        observer.disconnect();
        window.removeEventListener("offline", update);
        window.removeEventListener("online", update);
    };
}
