import { describe, expect, it } from 'vitest'
import { createBatchSize } from '../../../src-main/inference/child/chat/batch-size'
import { createThreadChoice } from '../../../src-main/inference/child/chat/thread-choice'
import { createLoadSense } from '../../../src-main/inference/child/load-sense'
import { ComputeGate } from '../../../src-main/inference/child/scheduler'
import { abortReason } from '../../../src-main/lib/abort'

describe('compute gate', () => {
  it('patient work waits while urgent work runs, and not longer', async () => {
    const gate = new ComputeGate({ shared: false })
    const told: string[] = []
    let finish = (): void => {}
    const urgent = gate.urgent(() => new Promise<void>((resolve) => {
      finish = resolve
    }))
    const patient = gate.quiet(new AbortController().signal).then(() => told.push('patient'))
    await Promise.resolve()
    expect(told).toEqual([])
    finish()
    await Promise.all([urgent, patient])
    expect(told).toEqual(['patient'])
    expect(gate.busy).toBe(false)
  })

  it('opens again when urgent work fails', async () => {
    const gate = new ComputeGate({ shared: false })
    await expect(gate.urgent(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await gate.quiet(new AbortController().signal)
  })

  it('gives up waiting on abort', async () => {
    const gate = new ComputeGate({ shared: false })
    void gate.urgent(() => new Promise(() => {}))
    const controller = new AbortController()
    const waiting = gate.quiet(controller.signal)
    const reason = abortReason('test')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it('with cores enough nobody waits', async () => {
    const gate = new ComputeGate({ shared: true })
    void gate.urgent(() => new Promise(() => {}))
    await gate.quiet(new AbortController().signal)
  })
})

describe('batch size', () => {
  it('follows the machine in whole blocks, within bounds', () => {
    const batch = createBatchSize(4)
    expect(batch.next(1000, 130)).toBe(32)
    for (let i = 0; i < 30; i++)
      batch.learn(32, 16)
    expect(batch.next(1000, 130)).toBe(128)
    for (let i = 0; i < 30; i++)
      batch.learn(16, 10_000)
    expect(batch.next(1000, 130)).toBe(16)
  })

  it('leaves no rest that is not worth a batch', () => {
    const batch = createBatchSize(4)
    expect(batch.next(0, 60)).toBe(0)
    expect(batch.next(3, 60)).toBe(3)
    expect(batch.next(18, 60)).toBe(18)
    expect(batch.next(19, 60)).toBe(16)
    expect(createBatchSize(0.1).next(140, 60)).toBe(128)
  })

  it('one disturbed batch changes little, and a tiny one nothing', () => {
    const batch = createBatchSize(4)
    expect(batch.learn(100, 4000)).toBe(10)
    expect(batch.next(1000, 400)).toBe(48)
    batch.learn(1, 900)
    expect(batch.next(1000, 400)).toBe(48)
  })
})

describe('thread choice', () => {
  const quiet = { maxThreads: 2, cores: 2, othersCores: () => 0.2 }

  it('uses free cores only', () => {
    expect(createThreadChoice(quiet).threads(0)).toBe(2)
    expect(createThreadChoice({ ...quiet, othersCores: () => 0.9 }).threads(0)).toBe(1)
    expect(createThreadChoice({ ...quiet, othersCores: () => 2 }).threads(0)).toBe(1)
    expect(createThreadChoice({ maxThreads: 4, cores: 8, othersCores: () => 5.1 }).threads(0)).toBe(3)
  })

  it('goes on alone for a while after a disturbed step', () => {
    const choice = createThreadChoice(quiet)
    choice.learnStep(2, 17, 0)
    choice.learnStep(2, 30, 20)
    expect(choice.threads(30)).toBe(2)
    choice.learnStep(2, 300, 400)
    expect(choice.threads(401)).toBe(1)
    choice.learnStep(1, 90, 500)
    expect(choice.threads(2401)).toBe(2)
  })

  it('goes on alone after a disturbed batch', () => {
    const choice = createThreadChoice(quiet)
    choice.learnBatch(2, 1.5, 0)
    expect(choice.threads(1)).toBe(2)
    choice.learnBatch(2, 8, 0)
    expect(choice.threads(1)).toBe(1)
  })
})

describe('load sense', () => {
  it('counts what others use, without its own', () => {
    const readings = [
      { atMs: 0, busyMs: 1000, ownMs: 100, cores: 2 },
      { atMs: 500, busyMs: 1900, ownMs: 500, cores: 2 },
      { atMs: 600, busyMs: 1900, ownMs: 500, cores: 2 },
      { atMs: 1000, busyMs: 1900, ownMs: 900, cores: 2 },
    ]
    const sense = createLoadSense(() => readings.shift() as typeof readings[number])
    sense.sample()
    expect(sense.othersCores).toBe(1)
    sense.sample()
    expect(sense.othersCores).toBe(1)
    sense.sample()
    expect(sense.othersCores).toBe(0)
  })
})
