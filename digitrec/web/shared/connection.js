const app = document.querySelector("[data-test-connection-state]");
let update;

new MutationObserver(() => update()).observe(app, { attributeFilter: ["data-test-connection-state"] });
for (const type of ["offline", "online"]) window.addEventListener(type, () => update());

export default function ({ data, parentElement }) {
    const alert = parentElement.querySelector("[role=alert]");
    update = () => {
        const isConnected = app.dataset.testConnectionState === "CONNECTED";
        alert.textContent = navigator.onLine ? (isConnected ? "" : data.disconnected) : data.offline;
        document.body.toggleAttribute("data-disconnected", !navigator.onLine || !isConnected);
    };
    update();
}
