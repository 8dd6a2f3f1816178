/* bytes.h - numbers in network order */
#pragma once

#include <stdint.h>

static inline uint16_t bytes_read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t bytes_read32(const uint8_t *p)
{
	return (uint32_t)bytes_read16(p) << 16 | bytes_read16(p + 2);
}

static inline void bytes_write16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline void bytes_write32(uint8_t *p, uint32_t value)
{
	bytes_write16(p, (uint16_t)(value >> 16));
	bytes_write16(p + 2, (uint16_t)value);
}
