import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentChannel } from '../../lib/child-process'
import { nativeLoaders } from './loaders'
import { serveInference } from './server'

// The one way to a collection on demand without a flag on the command line, which a utility process does not take.
setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

serveInference(parentChannel(), { loaders: nativeLoaders, collectGarbage })
