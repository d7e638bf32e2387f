/** Panning: moving about a plane with mouse, wheel, fingers and buttons. */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { zoomed } from "./layout.js";

const PAN = 1;
const ZOOM_OF_WHEEL = 0.0022;
/** A press that moves less is a click. */
const STILL = 4;

/** The size of an element, as it changes. */
export function useSize(ref) {
  const [size, setSize] = useState(null);
  useLayoutEffect(() => {
    const measure = () => setSize({ width: ref.current.clientWidth, height: ref.current.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(ref.current);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Lets a window be moved over its plane: `setEye` takes a function from [x, y, scale] to the next. */
export function usePanning(ref, setEye) {
  useEffect(() => {
    const element = ref.current;
    const fingers = new Map();
    const at = (event) => {
      const { left, top } = element.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    };
    const wheel = (event) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      if (event.ctrlKey || event.metaKey) {
        setEye((eye) => zoomed(eye, Math.exp(-event.deltaY * lines * ZOOM_OF_WHEEL * 4), at(event)));
      } else {
        const [dx, dy] = event.shiftKey ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
        setEye(([x, y, scale]) => [x - dx * lines * PAN, y - dy * lines * PAN, scale]);
      }
    };
    const down = (event) => {
      if (event.button !== 0 || event.target.closest("button, .zooming")) return;
      fingers.set(event.pointerId, { from: at(event), last: at(event), moved: false });
    };
    const move = (event) => {
      const finger = fingers.get(event.pointerId);
      if (!finger) return;
      const here = at(event);
      const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, other]) => other.last);
      const before = finger.last;
      if (!finger.moved && distance(here, finger.from) < STILL) return;
      if (!finger.moved) element.setPointerCapture(event.pointerId);
      Object.assign(finger, { last: here, moved: true });
      element.classList.add("dragged");
      if (others.length) {
        const [other] = others;
        const middle = [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2];
        setEye((eye) => zoomed(eye, distance(here, other) / Math.max(1, distance(before, other)), middle));
      } else {
        setEye(([x, y, scale]) => [x + here[0] - before[0], y + here[1] - before[1], scale]);
      }
    };
    const up = (event) => {
      const finger = fingers.get(event.pointerId);
      fingers.delete(event.pointerId);
      element.classList.remove("dragged");
      // What was dragged was not clicked at.
      if (finger?.moved) addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", stop, { capture: true }));
    };
    const listeners = { wheel, pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };
    for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener, { passive: false });
    return () => {
      for (const [name, listener] of Object.entries(listeners)) element.removeEventListener(name, listener);
    };
  }, []);
}

const stop = (event) => event.stopPropagation();
const distance = ([x0, y0], [x1, y1]) => Math.hypot(x1 - x0, y1 - y0);
