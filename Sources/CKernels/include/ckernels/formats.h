// Loops over the bytes of model files: checksums and block dequantisation. And one file operation that the
// Swift overlay of the C library does not show.
#ifndef CKERNELS_FORMATS_H
#define CKERNELS_FORMATS_H

#include "base.h"

CK_BEGIN

// Continues a CRC-32C (Castagnoli polynomial, reflected, as in iSCSI, RFC 3720 appendix B.4) over `count`
// bytes. `crc` is 0 at the beginning, or what an earlier call returned.
uint32_t ck_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count) CK_NOEXCEPT;

// The same by table, for processors without the instruction and as the reference of the tests.
uint32_t ck_crc32c_reference(uint32_t crc, const void *_Nullable bytes, size_t count) CK_NOEXCEPT;

// The checksum of two adjacent pieces from those of each; `second_count` is the length in bytes of the
// second.
uint32_t ck_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_count) CK_NOEXCEPT;

// The block formats of ggml, 32 elements a block, by their numbers in GGUF files.
// Q8_0: f16 scale, 32 x i8. Q4_0: f16 scale, 16 bytes of nibbles (the low halves come first), each less 8.
// Q4_1: f16 scale, f16 minimum, 16 bytes of nibbles.
typedef enum CK_CLOSED_ENUM : int32_t {
  CK_Q4_0 CK_NAMED(q4_0) = 2,
  CK_Q4_1 CK_NAMED(q4_1) = 3,
  CK_Q8_0 CK_NAMED(q8_0) = 8,
} ck_block_format;

// Elements of a block of any format.
enum { ck_block_elements = 32 };

// Bytes of one block.
size_t ck_block_bytes(ck_block_format format) CK_NOEXCEPT;

// Dequantises `block_count` blocks. Products and sums are rounded to f32 one by one, as numpy does; f16 and
// bf16 outputs are then rounded to nearest even. `blocks` need not be aligned.
void ck_dequantize(
    void *_Nullable values, ck_dtype dtype, ck_block_format format, const void *_Nullable blocks,
    size_t block_count, ck_isa level) CK_NOEXCEPT;

// Exchanges what stands at two paths in one step. Returns 0 or an errno, ENOSYS or EINVAL where the system
// cannot.
int32_t ck_exchange_paths(const char *_Nonnull first, const char *_Nonnull second) CK_NOEXCEPT;

CK_END
#endif
