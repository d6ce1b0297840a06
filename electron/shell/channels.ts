/** Channels between preload and main process. The preload spells them itself: a sandboxed preload imports nothing. */
export const frameChannel = 'contract/frame'
export const stateChannel = 'contract/state'
