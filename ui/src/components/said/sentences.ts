// The shape in which the sentences of the program's faults are kept.

/** One message of the catalogue; which inputs it takes, its own text says. */
export type Message = (inputs: never) => string;

/** By the stable word of a sentence: what happened, and what to do where that is a sentence of its own. */
export type Sentences = Record<string, readonly [say: Message, fix?: Message]>;
