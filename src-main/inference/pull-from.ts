export { pullFrom } from '../lib/pull-from'
