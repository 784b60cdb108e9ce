import type { RouteTarget } from '../../../../src-main/engines/router/candidates'
import type { Ranking } from '../../../../src-main/engines/router/ranking'
import type { RouteStreamOptions } from '../../../../src-main/engines/router/routed-stream'
import type { RouteReport } from '../../../../src-main/ports/route'
import type { ManualClock } from '../../../fakes/manual-clock'
import { routeStream } from '../../../../src-main/engines/router/routed-stream'
import { FakeCall } from '../../../fakes/fake-engines'
import { createManualClock } from '../../../fakes/manual-clock'
import { target } from './simulation'

export type Word = 'pre' | `out-${string}` | 'last'

export interface StartedCall {
  readonly serviceId: string
  readonly call: FakeCall<Word>
}

export interface StreamStage {
  readonly clock: ManualClock
  readonly controller: AbortController
  readonly calls: StartedCall[]
  /** What was told of attempts, in order: `a answered 100`. */
  readonly told: string[]
  readonly reports: RouteReport[]
  readonly stream: AsyncGenerator<Word, void, undefined>
  /** The call number `index`, once it was made. */
  readonly call: (index: number) => Promise<FakeCall<Word>>
}

export interface StageOptions extends Partial<Pick<RouteStreamOptions<Word, RouteTarget>, 'hedge' | 'patienceMs' | 'mostRetries' | 'random' | 'isLast'>> {
  readonly notBeforeMs?: Readonly<Record<string, number>>
  readonly targets?: readonly RouteTarget[]
}

export function rankingOf(targets: readonly RouteTarget[], notBeforeMs: Readonly<Record<string, number>> = {}): Ranking<RouteTarget> {
  return {
    ordered: targets.map(candidate => ({ candidate, expectedMs: 100, notBeforeMs: notBeforeMs[candidate.serviceId] ?? null, ready: true })),
    skipped: [],
    why: 'fastest',
    expectedMs: 100,
  }
}

/** One route over engines that the test drives, on a clock that it moves. */
export function createStreamStage({ targets = [target('a'), target('b')], notBeforeMs, ...options }: StageOptions = {}): StreamStage {
  const clock = createManualClock()
  const controller = new AbortController()
  const calls: StartedCall[] = []
  const told: string[] = []
  const reports: RouteReport[] = []
  const stream = routeStream<Word, RouteTarget>({
    part: 'chat',
    ranking: rankingOf(targets, notBeforeMs),
    start(candidate, signal) {
      const call = new FakeCall<Word>(signal)
      calls.push({ serviceId: candidate.serviceId, call })
      return call.stream()
    },
    isOutput: word => word !== 'pre',
    observe: ({ serviceId }) => ({
      answered: tookMs => told.push(`${serviceId} answered ${tookMs}`),
      failed: error => told.push(`${serviceId} failed ${error.code}`),
      left: waitedMs => told.push(`${serviceId} left ${waitedMs}`),
      done: () => told.push(`${serviceId} done`),
    }),
    clock,
    random: () => 0.5,
    signal: controller.signal,
    hedge: null,
    onRoute: report => reports.push(report),
    ...options,
  })
  return {
    clock,
    controller,
    calls,
    told,
    reports,
    stream,
    async call(index) {
      await settle(() => calls.length > index)
      return (calls[index] as StartedCall).call
    },
  }
}

/** Lets everything that is due happen, until `done` (or for a few rounds of the event loop). */
export async function settle(done: () => boolean = () => false): Promise<void> {
  for (let i = 0; i < 20 && !done(); i++)
    await new Promise(resolve => setImmediate(resolve))
}
