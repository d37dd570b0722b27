/** Why a shopper does not want a car, in the order offered. */
export const dismissReasons = [
  { value: 'too_expensive', words: 'Too expensive' },
  { value: 'too_old', words: 'Too old' },
  { value: 'too_many_km', words: 'Too many kilometres' },
  { value: 'too_far', words: 'Too far away' },
  { value: 'not_this_make', words: 'Not this brand' },
  { value: 'not_this_body', words: 'Not this body type' },
  { value: 'other', words: 'Another reason' },
] as const
