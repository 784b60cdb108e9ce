import fc from 'fast-check'

/** The same bytes in pieces, cut at the given fractions. */
export async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  const at = [...new Set([0, ...cuts.map(cut => Math.floor(cut * bytes.length)), bytes.length])].sort((a, b) => a - b)
  for (let piece = 1; piece < at.length; piece++)
    yield bytes.subarray(at[piece - 1], at[piece])
}

export const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })
