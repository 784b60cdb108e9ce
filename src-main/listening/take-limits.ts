/** The longest press that is a tap where a key both holds and toggles, and that is called too short when nothing was said. */
export const TAP_MS = 300
/** How long recording goes on after the key was let go, while the voice is still heard. */
export const POST_ROLL_MS = 400
/** How often a key that is believed to be held is asked for. */
export const KEY_CHECK_MS = 2_000
/** A service that gets a take whole says nothing until it has heard it: of the take's length this is granted besides. */
export const TAKE_SHARE = 0.5
