/** As much as a screen takes: how many rows of a list have room, and how small squares get until all of them have. */
import type { Attachment } from 'svelte/attachments';

const SMALLEST = 0.4;
const STEP = 0.94;

/**
 * Tells how many rows of a list are seen, now and whenever that changes. The list wraps into a second column or row, which
 * is cut off (`flex-wrap: wrap`): so rows are seen whole or not at all, however many lines each has.
 */
export function counting(tell: (shown: number) => void): Attachment<HTMLElement> {
  return (list) => {
    const seen = (child: Element): boolean => {
      const row = child as HTMLElement;
      return row.offsetLeft < list.offsetLeft + list.clientWidth && row.offsetTop < list.offsetTop + list.clientHeight;
    };
    return watching(list, () => tell([...list.children].filter(seen).length));
  };
}

/** Makes what is in a box smaller, by its `--scale`, until nothing of it is cut off. */
export const shrinking: Attachment<HTMLElement> = (box) =>
  watching(box, () => {
    for (let scale = 1; ; scale *= STEP) {
      box.style.setProperty('--scale', scale.toFixed(3));
      if (scale * STEP < SMALLEST || box.scrollHeight <= box.clientHeight) return;
    }
  });

/** Looks now, and again when the element or the screen gets another size or its content changes. */
function watching(element: HTMLElement, look: () => void): () => void {
  const sizes = new ResizeObserver(look);
  sizes.observe(element.parentElement ?? element);
  sizes.observe(element);
  const changes = new MutationObserver(look);
  changes.observe(element, { childList: true, subtree: true, characterData: true });
  look();
  return () => {
    sizes.disconnect();
    changes.disconnect();
  };
}
