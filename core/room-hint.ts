// What to do about a disk that has no room for the store, whoever notices it.

export const ROOM_HINT = 'free some space, or let SLIPWAY_HOME name a folder on a disk with room';
