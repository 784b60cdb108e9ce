import { describe, expect, it } from 'vitest'
import { createActivity } from '../../../../src-main/desktop/inject/x11-keys-activity'

function watched(): ReturnType<typeof createActivity> & { grown: () => number } {
  const activity = createActivity()
  activity.watched(true)
  const start = activity.count() ?? 0
  return { ...activity, grown: () => (activity.count() ?? 0) - start }
}

describe('what people press', () => {
  it('grows with keys and buttons, not with the wheel', () => {
    const activity = watched()
    activity.keyPressed(38, true)
    activity.buttonPressed(1)
    activity.buttonPressed(4)
    activity.buttonPressed(5)
    expect(activity.grown()).toBe(2)
  })

  it('is not what was sent from here, in its order', () => {
    const activity = watched()
    activity.expect([37, 55])
    activity.expect([55])
    for (const code of [37, 55, 55])
      activity.keyPressed(code, true)
    expect(activity.grown()).toBe(0)
    activity.keyPressed(55, true)
    expect(activity.grown()).toBe(1)
  })

  it('is also what comes between our keys, from the same device', () => {
    const activity = watched()
    activity.expect([37, 55])
    for (const code of [37, 24, 55])
      activity.keyPressed(code, true)
    expect(activity.grown()).toBe(1)
  })

  it('is a key of another device even when it is the one that is awaited', () => {
    const activity = watched()
    activity.expect([55])
    activity.keyPressed(55, false)
    activity.keyPressed(55, true)
    expect(activity.grown()).toBe(1)
  })

  it('is what comes after the server had told of everything', () => {
    const activity = watched()
    activity.expect([55])
    activity.settled()
    activity.keyPressed(55, true)
    expect(activity.grown()).toBe(1)
  })

  it('is not known while nobody tells, and may have been something meanwhile', () => {
    const activity = watched()
    activity.watched(false)
    expect(activity.count()).toBe(null)
    activity.watched(true)
    expect(activity.grown()).toBeGreaterThan(0)
  })
})

describe('what changes no text', () => {
  it('is a modifier alone', () => {
    const activity = watched()
    activity.setModifiers(new Set([37, 64]))
    for (const code of [37, 64, 37])
      activity.keyPressed(code, false)
    expect(activity.grown()).toBe(0)
    activity.keyPressed(40, false)
    expect(activity.grown()).toBe(1)
  })

  it('is a hotkey of ours, told before the press or after it', () => {
    const activity = watched()
    activity.keyPressed(40, false)
    activity.forgive()
    activity.forgive()
    activity.keyPressed(40, false)
    expect(activity.grown()).toBe(0)
  })
})
