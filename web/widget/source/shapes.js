/**
 * The values that cross between the modules. What the server sends is `docs/schemas/openapi.v1.json`; here stands what
 * the element makes use of, and nothing of it is relied on before `drawing.js` has looked at it.
 *
 * @typedef {{text: string, href?: string, glossary?: string}} Run
 * @typedef {{type: string, runs?: Run[], items?: Run[][], data?: object}} Block
 * @typedef {{title: string, organisation: string, year: number | null, address: string | null}} Source
 * @typedef {object} Answer `docs/schemas/answer.v1.json`
 * @property {string} kind
 * @property {string} locale
 * @property {Block[]} blocks
 * @property {string | null} entry
 * @property {number | null} revision
 * @property {Source[]} sources
 * @property {string | null} checked_on
 * @property {string | null} as_of
 * @property {string | null} review
 * @property {{title: string, message: string}[]} follow_ups
 *
 * @typedef {object} Message One message of the assistant.
 * @property {string} [text]
 * @property {Answer} [answer]
 * @property {{title: string, payload: string}[]} [buttons]
 *
 * @typedef {object} Row One thing said, in its order. Of the person's: `text` is sent, `shown` stands in the log.
 * @property {'person' | 'assistant'} by
 * @property {string} id of the message that the person sent; on what the assistant says, of the message that it answers
 * @property {string} [text]
 * @property {string} [shown]
 * @property {boolean} [answered] the person's message has its replies
 * @property {string} [refused] why it will not be sent again by itself
 * @property {Message} [message]
 *
 * @typedef {object} EmergencyNumber Whom to call: `text` as it is shown, `dial` where it is a number that can be called.
 * @property {string} text
 * @property {string} dial
 *
 * @typedef {object} Service What `GET /api/v1/service` says of the service.
 * @property {string} name
 * @property {string} operator
 * @property {string} region
 * @property {number} kept_days
 * @property {string} contact
 * @property {string} contact_hours
 *
 * @typedef {object} Host What the element hands to `offline/index.js`.
 * @property {string} endpoint address of the interface, without a slash at its end
 * @property {string} base address of the folder of this version, with a slash at its end
 * @property {string} locale
 * @property {string} region "" where the page names none: the server's own is meant then
 * @property {EmergencyNumber} number
 * @property {(phrase: string[], slots?: Record<string, string>) => string} say
 * @property {typeof import('./nodes.js').make} make
 * @property {(text: string) => void} status says it once to screen readers
 * @property {{get(key: string): string | null, set(key: string, text: string): void, remove(key: string): void} | null}
 *   store what stays on the device; null where the person has not agreed to that, or the browser refuses it
 * @property {AbortSignal} signal aborted when the element is removed
 *
 * @typedef {object} Offline What `offline/index.js` gives back. None of it throws.
 * @property {(text: string) => Answer | null | Promise<Answer | null>} check the card that a message calls for
 * @property {() => void} notEmergency the person says that it is none
 * @property {() => {id: string, title: string}[]} cards what can be looked up without any network, in order
 * @property {(id: string) => Answer | null} card
 * @property {(answer: Answer) => Node[]} extras what belongs below a card, made anew at each call
 * @property {CSSStyleSheet | null} sheet
 * @property {() => void} stop silence: the panel is closed, hidden or removed
 */
export {};
