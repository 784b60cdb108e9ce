import type { Rectangle } from 'electron'

/** The overlay's window and the pill in its middle, in pixels. As in `src-renderer/components/OverlayPill.vue`. */
export const OVERLAY = { width: 420, height: 64, bottomMargin: 24 } as const
const PILL = { height: 48, radius: 24 } as const

/**
 * The part of the overlay's window that a pill of this width covers, as rectangles. Where no compositor runs, a transparent window
 * is a black box: the window itself is then cut to the pill. Rows at the round ends are rounded outwards, so that where there is a
 * compositor nothing of the soft edge is cut off.
 */
export function pillShape(widthPx: number): Rectangle[] {
  const width = Math.min(OVERLAY.width, widthPx)
  if (width <= 0)
    return []
  const left = (OVERLAY.width - width) / 2
  const top = (OVERLAY.height - PILL.height) / 2
  const radius = Math.min(PILL.radius, width / 2)
  return Array.from({ length: PILL.height }, (_, row) => {
    // The wider one of the row's two edges.
    const fromMiddle = Math.max(0, Math.abs(row + 0.5 - PILL.height / 2) - 0.5)
    const fromEnd = PILL.height / 2 - radius
    const rise = Math.max(0, fromMiddle - fromEnd)
    const inset = radius - Math.sqrt(Math.max(0, radius ** 2 - rise ** 2))
    const x = Math.floor(left + inset)
    return { x, y: top + row, width: Math.ceil(left + width - inset) - x, height: 1 }
  })
}
