import type { PipelineView } from '../contract'
import type { RunnerEvent } from '../conversation/runner-types'
import type { StateHub } from './state-hub'
import { assertNever } from '../lib/assert-never'
import { routesView, turnView } from './view-mapping'

export interface PipelineListener {
  readonly onPipeline: (pipeline: PipelineView) => void
  /** The list of conversations is another one, or in another order. */
  readonly onConversationsChanged: () => void
}

/** What the runner tells, in the words of the windows. */
export function tellWindows(hub: StateHub, event: RunnerEvent, { onPipeline, onConversationsChanged }: PipelineListener): void {
  switch (event.type) {
    case 'state': {
      const { state, turnId, latched, errorCode, hint } = event
      const pipeline = { state, turnId, latched, errorCode: errorCode ?? hint }
      hub.publish({ type: 'pipeline', pipeline })
      return onPipeline(pipeline)
    }
    case 'partial':
      return hub.publish({ type: 'partial', partial: event.partial })
    case 'turn':
      hub.publish({ type: 'turn', turn: turnView(event.turn) })
      return event.turn.end === 'pending' ? undefined : onConversationsChanged()
    case 'tokens':
      return hub.publish({ type: 'tokens', turnId: event.turnId, kind: event.kind, offset: event.offset, text: event.text })
    case 'hops':
      return hub.publish({ type: 'hops', turnId: event.turnId, hops: { ...event.hops } })
    case 'routes':
      return hub.publish({ type: 'routes', turnId: event.turnId, routes: routesView(event.routes) })
    case 'spoken':
      return hub.publish({ type: 'spoken', turnId: event.turnId, pieceIndex: event.pieceIndex, text: event.text })
    case 'capture':
      if (event.missingFrames > 0)
        hub.notify('warning', 'frames-missing', { count: event.missingFrames })
      return
    case 'conversation':
      return onConversationsChanged()
    case 'notice':
      return hub.notify('warning', event.code, { code: event.errorCode })
    default:
      return assertNever(event)
  }
}
