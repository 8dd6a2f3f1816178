/* rtcp.h - a compound RTCP packet through an allow-list, SSRCs mapped */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Maps one SSRC; false: not known, what it belongs to is left out. */
typedef bool (*rtcp_map)(void *arg, uint32_t ssrc, uint32_t *out);

struct rtcp_rules {
	rtcp_map sender;   /* SSRCs of who sends the packet */
	rtcp_map reported; /* SSRCs that its report blocks speak of */
	void *arg;
};

/*
 * Reads a plain compound (RFC 3550 6.1, reduced size of RFC 5506 too) and
 * writes to out (cap bytes) what passes: SR and RR (report blocks whose SSRC
 * is not known are dropped, profile-specific extensions are cut), SDES and BYE
 * (chunks of unknown SSRCs dropped; a packet left empty is dropped), generic
 * feedback and payload-specific feedback (205, 206: RFC 4585; NACK, PLI, SLI
 * and RPSI, as others' control information may name SSRCs) with both SSRCs
 * mapped and known. Unknown types are dropped, APP and XR too. Lengths and
 * padding are checked (padding only on the last) before any SSRC is mapped.
 * Returns the bytes written; 0: malformed, nothing passes, or cap is too small
 * (len is enough). Never reads or writes beyond len, cap.
 */
size_t rtcp_filter(uint8_t *out, size_t cap, const uint8_t *in, size_t len,
		   const struct rtcp_rules *rules);
