#include "ckernels/formats.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

constexpr uint32_t polynomial = 0x82F63B78u;  // reflected

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) ? polynomial : 0);
    tables[0][byte] = value;
  }
  for (uint32_t byte = 0; byte < 256; ++byte)
    for (size_t table = 1; table < 8; ++table) {
      uint32_t previous = tables[table - 1][byte];
      tables[table][byte] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  return tables;
}

constexpr Tables tables = make_tables();

uint32_t by_table(uint32_t state, const uint8_t *bytes, size_t count) {
  while (count >= 8) {
    uint64_t word;
    std::memcpy(&word, bytes, 8);
    word ^= state;
    state = 0;
    for (int table = 0; table < 8; ++table) state ^= tables[7 - table][(word >> (8 * table)) & 0xFF];
    bytes += 8;
    count -= 8;
  }
  while (count-- > 0) state = (state >> 8) ^ tables[0][(state ^ *bytes++) & 0xFF];
  return state;
}

// A 32 x 32 matrix over GF(2): column i is where bit i goes.
using Matrix = std::array<uint32_t, 32>;

constexpr uint32_t times(const Matrix &matrix, uint32_t vector) {
  uint32_t sum = 0;
  for (size_t i = 0; vector != 0; vector >>= 1, ++i)
    if (vector & 1) sum ^= matrix[i];
  return sum;
}

constexpr Matrix squared(const Matrix &matrix) {
  Matrix result{};
  for (size_t i = 0; i < 32; ++i) result[i] = times(matrix, matrix[i]);
  return result;
}

constexpr Matrix one_zero_byte() {
  Matrix bit{};
  bit[0] = polynomial;
  for (size_t i = 1; i < 32; ++i) bit[i] = 1u << (i - 1);
  return squared(squared(squared(bit)));
}

// What `state` becomes when `count` zero bytes follow.
uint32_t append_zeros(uint32_t state, uint64_t count) {
  Matrix power = one_zero_byte();
  for (; count != 0; count >>= 1) {
    if (count & 1) state = times(power, state);
    power = squared(power);
  }
  return state;
}

#if defined(__x86_64__)

// Three streams hide the latency of the instruction; each block is joined by a table of its zero-append
// matrix.
constexpr size_t lane_bytes = 4096;

using LaneTable = std::array<std::array<uint32_t, 256>, 4>;

LaneTable make_lane_table() {
  LaneTable table{};
  for (uint32_t place = 0; place < 4; ++place)
    for (uint32_t byte = 0; byte < 256; ++byte)
      table[place][byte] = append_zeros(byte << (8 * place), lane_bytes);
  return table;
}

uint32_t skip_lane(const LaneTable &table, uint32_t state) {
  return table[0][state & 0xFF] ^ table[1][(state >> 8) & 0xFF] ^ table[2][(state >> 16) & 0xFF] ^
         table[3][state >> 24];
}

uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  return word;
}

__attribute__((target("sse4.2")))
uint32_t by_instruction(uint32_t state, const uint8_t *bytes, size_t count) {
  static const LaneTable table = make_lane_table();
  while (count >= 3 * lane_bytes) {
    uint64_t first = state, second = 0, third = 0;
    for (size_t i = 0; i < lane_bytes; i += 8) {
      first = _mm_crc32_u64(first, word_at(bytes + i));
      second = _mm_crc32_u64(second, word_at(bytes + lane_bytes + i));
      third = _mm_crc32_u64(third, word_at(bytes + 2 * lane_bytes + i));
    }
    state = skip_lane(table, static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
    state = skip_lane(table, state) ^ static_cast<uint32_t>(third);
    bytes += 3 * lane_bytes;
    count -= 3 * lane_bytes;
  }
  uint64_t wide = state;
  for (; count >= 8; bytes += 8, count -= 8) wide = _mm_crc32_u64(wide, word_at(bytes));
  state = static_cast<uint32_t>(wide);
  while (count-- > 0) state = _mm_crc32_u8(state, *bytes++);
  return state;
}

#endif

}  // namespace

uint32_t ck_crc32c_reference(uint32_t crc, const void *bytes, size_t count) noexcept {
  return ~by_table(~crc, static_cast<const uint8_t *>(bytes), count);
}

uint32_t ck_crc32c(uint32_t crc, const void *bytes, size_t count) noexcept {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return ~by_instruction(~crc, static_cast<const uint8_t *>(bytes), count);
#endif
  return ck_crc32c_reference(crc, bytes, count);
}

uint32_t ck_crc32c_combine(uint32_t first, uint32_t second, uint64_t second_count) noexcept {
  return append_zeros(first, second_count) ^ second;
}
