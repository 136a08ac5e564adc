/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters, in the order of /proc/net/sealsock_stat, under the names they
 * have there. Included where SEAL_MIB() says what is made of them.
 */

SEAL_MIB(CURRTXSW, "TlsCurrTxSw")		/* sockets with a transmit key now */
SEAL_MIB(CURRRXSW, "TlsCurrRxSw")		/* sockets with a receive key now */
SEAL_MIB(TXSW, "TlsTxSw")			/* first transmit keys installed */
SEAL_MIB(RXSW, "TlsRxSw")			/* first receive keys installed */
SEAL_MIB(DECRYPTERROR, "TlsDecryptError")	/* records that were not authentic */
SEAL_MIB(DECRYPTRETRY, "TlsDecryptRetry")	/* opened again: padding or control record */
SEAL_MIB(RXNOPADVIOL, "TlsRxNoPadViolation")	/* of these, padding although none was promised */
SEAL_MIB(RXREKEYOK, "TlsRxRekeyOk")		/* receive keys replaced */
SEAL_MIB(RXREKEYERROR, "TlsRxRekeyError")	/* receive keys that could not be replaced */
SEAL_MIB(TXREKEYOK, "TlsTxRekeyOk")		/* transmit keys replaced */
SEAL_MIB(TXREKEYERROR, "TlsTxRekeyError")	/* transmit keys that could not be replaced */
SEAL_MIB(RXREKEYRECEIVED, "TlsRxRekeyReceived")	/* KeyUpdate messages received */

SEAL_MIB(CURRATTACHED, "TlsCurrAttached")	/* sockets with the ULP now */
SEAL_MIB(ATTACHED, "TlsAttached")		/* times the ULP was attached */
SEAL_MIB(TXRECORDS, "TlsTxRecords")		/* records sealed */
SEAL_MIB(TXBYTES, "TlsTxBytes")			/* bytes of plaintext in them */
SEAL_MIB(TXCORES, "TlsTxCores")			/* of these, sealed by other processors */
SEAL_MIB(TXERROR, "TlsTxError")			/* records that could not be sealed */
SEAL_MIB(TXLIMIT, "TlsTxLimit")			/* keys that have sealed all that they may */
SEAL_MIB(TXPASTLIMIT, "TlsTxPastLimit")		/* records sealed all the same: tx_past_limit */
SEAL_MIB(RXRECORDS, "TlsRxRecords")		/* records opened */
SEAL_MIB(RXBYTES, "TlsRxBytes")			/* bytes of content in them */
SEAL_MIB(RXSTRAIGHT, "TlsRxStraight")		/* of these, opened in the reader's own memory */
SEAL_MIB(RXFRAMEERROR, "TlsRxFrameError")	/* record headers out of bounds */
SEAL_MIB(RXCOPIED, "TlsRxCopied")		/* gathered because the window was too small */
SEAL_MIB(RXSHARED, "TlsRxShared")		/* copied first: shared, or in many pieces */

/* Managed mode. */
SEAL_MIB(MANAGED, "TlsManaged")			/* sockets it was installed on */
SEAL_MIB(CLOSESENT, "TlsCloseSent")		/* close_notify sent */
SEAL_MIB(CLOSERECEIVED, "TlsCloseReceived")	/* close_notify received */
SEAL_MIB(CUT, "TlsCut")				/* TCP's end without close_notify */
SEAL_MIB(ALERTSENT, "TlsAlertSent")		/* fatal alerts sent */
SEAL_MIB(ALERTRECEIVED, "TlsAlertReceived")	/* fatal alerts received */
SEAL_MIB(FLOOD, "TlsFlood")			/* connections ended for SEALSOCK_FLOOD_* */
SEAL_MIB(MESSAGES, "TlsMessages")		/* messages queued */
SEAL_MIB(MESSAGESSENT, "TlsMessagesSent")	/* of ours: SEALSOCK_MESSAGE */
SEAL_MIB(MESSAGESDROPPED, "TlsMessagesDropped")	/* of the peer's, not kept or not for long */

/* Sockets for which TLS was asked before they were connected. */
SEAL_MIB(HELD, "TlsHeld")			/* handshakes that were due */
SEAL_MIB(RELEASED, "TlsReleased")		/* of these, done */
SEAL_MIB(HELDFAILED, "TlsHeldFailed")		/* of these, failed: for one of the following */
SEAL_MIB(HELDREFUSED, "TlsHeldRefused")		/* the helper said so */
SEAL_MIB(HELDABORTED, "TlsHeldAborted")		/* the helper went away */
SEAL_MIB(HELDDEADLINE, "TlsHeldDeadline")	/* it took too long */
SEAL_MIB(HELDRESET, "TlsHeldReset")		/* TCP's connection ended */
SEAL_MIB(HELDCLOSED, "TlsHeldClosed")		/* closed by the program, or its listener was */
