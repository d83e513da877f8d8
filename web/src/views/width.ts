// The width that a picture has, so that its text keeps its size on a phone.

import { useLayoutEffect, useRef, useState } from "preact/hooks";

export function useWidth(initial: number) {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(initial);
  useLayoutEffect(() => {
    const box = ref.current;
    if (!box) return undefined;
    const look = () => setWidth((before) => (box.clientWidth > 0 ? box.clientWidth : before));
    look();
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
