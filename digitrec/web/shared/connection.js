export default function ({ data, parentElement }) {
    const alert = parentElement.querySelector("[role=alert]");
    const update = () => { alert.textContent = navigator.onLine ? "" : data; };
    update();
    window.addEventListener("offline", update);
    window.addEventListener("online", update);
    return () => {
        window.removeEventListener("offline", update);
        window.removeEventListener("online", update);
    };
}
