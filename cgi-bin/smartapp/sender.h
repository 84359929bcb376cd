/* sender.h: the courier's part of the SmartApp: calls of SmartThings' API and of web hooks, fresh tokens, mirrored devices. */
#ifndef SMARTAPP_SENDER_H
#define SMARTAPP_SENDER_H

struct sender;

extern const struct sender smartapp_sender;

#endif
