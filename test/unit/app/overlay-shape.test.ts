import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OVERLAY, pillShape } from '../../../src-main/app/overlay-shape'

describe('the shape of the overlay', () => {
  it('is a pill in the middle: full width in its middle, round at its ends', () => {
    const rows = pillShape(200)
    expect([rows.length, rows[0]?.y, rows.at(-1)?.y]).toEqual([48, 8, 55])
    expect([rows[23], rows[24]]).toEqual([{ x: 110, y: 31, width: 200, height: 1 }, { x: 110, y: 32, width: 200, height: 1 }])
    expect(rows[0]?.width).toBeLessThan(170)
  })

  it('holds every pixel of the pill, lies in the window and is the same from both sides, for every width', () => {
    fc.assert(fc.property(fc.integer({ min: 48, max: 500 }), (asked) => {
      const width = Math.min(asked, OVERLAY.width)
      const left = (OVERLAY.width - width) / 2
      const rows = pillShape(asked)
      rows.forEach((row, index) => {
        expect(row.x >= 0 && row.x + row.width <= OVERLAY.width).toBe(true)
        expect(rows[rows.length - 1 - index]).toEqual({ ...row, y: 8 + rows.length - 1 - index })
        // The circle at the row's wider edge.
        const edge = Math.min(Math.abs(index - 24), Math.abs(index + 1 - 24))
        const inset = 24 - Math.sqrt(24 ** 2 - edge ** 2)
        expect(row.x).toBeLessThanOrEqual(left + inset)
        expect(row.x + row.width).toBeGreaterThanOrEqual(left + width - inset)
      })
    }))
  })

  it('is nothing where there is no pill', () => {
    expect(pillShape(0)).toEqual([])
  })
})
