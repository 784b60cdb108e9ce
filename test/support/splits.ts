import fc from 'fast-check'

/** The same bytes in pieces: whole, byte by byte, or cut at the given places (taken modulo the length). */
export function cutBytes(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...new Set(places.map(place => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length))
}

export function places(length: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat({ max: Math.max(1, length) }), { maxLength: 8 })
}

export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, byte => Uint8Array.of(byte))
}
