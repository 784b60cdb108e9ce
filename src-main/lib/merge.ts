/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `over` laid on `under`: objects are merged, everything else is replaced; undefined leaves what is there. */
export function merge(under: unknown, over: unknown): unknown {
  if (over === undefined)
    return under
  if (!isObject(under) || !isObject(over))
    return over
  const keys = [...Object.keys(under), ...Object.keys(over).filter(key => !Object.hasOwn(under, key))]
  return Object.fromEntries(keys.map(key => [key, merge(own(under, key), own(over, key))]))
}

/** What two changed in `base`, together; where both changed the same leaf, `mine` holds. */
export function mergeChanges(base: unknown, theirs: unknown, mine: unknown): unknown {
  if (isSame(base, mine))
    return theirs
  if (isSame(base, theirs) || !isObject(base) || !isObject(theirs) || !isObject(mine))
    return mine
  const keys = new Set([...Object.keys(theirs), ...Object.keys(mine)])
  return Object.fromEntries([...keys].map(key => [key, mergeChanges(own(base, key), own(theirs, key), own(mine, key))]).filter(([, value]) => value !== undefined))
}

export function own(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b))
    return JSON.stringify(a) === JSON.stringify(b)
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && isSame(a[key], b[key]))
}
