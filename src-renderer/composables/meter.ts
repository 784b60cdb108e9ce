/** A row of bars as one path of strokes with round ends: one thing to draw, however many bars there are. */
export interface MeterShape {
  readonly heightPx: number
  readonly barPx: number
  readonly gapPx: number
}

export function meterWidthPx(bars: number, { barPx, gapPx }: MeterShape): number {
  return bars * (barPx + gapPx) - gapPx
}

/** `heights`: 0 to 1 of the row's height. A bar is never lower than it is wide, so that silence is a row of dots. */
export function meterPath(heights: ArrayLike<number>, { heightPx, barPx, gapPx }: MeterShape): string {
  const middle = heightPx / 2
  return Array.from(heights, (height, index) => {
    const x = index * (barPx + gapPx) + barPx / 2
    // The round ends reach half a bar's width beyond the line; a line of no length at all would not be drawn.
    const half = Math.max(0.01, (Math.min(1, Math.max(0, height)) * heightPx - barPx) / 2)
    return `M${x} ${(middle - half).toFixed(2)}V${(middle + half).toFixed(2)}`
  }).join('')
}
