// Stores for rendezvous.
#include "../boundary.h"

#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "ctorch/process_group.h"
#include "store.h"

namespace {

using ct::boundary;
using ct::unwrapStore;
using ct::waitFor;

ct_store wrapStore(c10::intrusive_ptr<c10d::Store> store) {
  return reinterpret_cast<ct_store>(store.release());
}

std::chrono::milliseconds milliseconds(ct_int count) { return std::chrono::milliseconds(count); }

}  // namespace

// Asks again and again, because a waiting c10d store holds its lock and reports every timeout on standard error.
void ct::waitFor(c10d::Store &store, const std::string &key, ct_int timeout) {
  using std::chrono::microseconds;
  const auto start = std::chrono::steady_clock::now();
  while (!store.check({key})) {
    const auto waited = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
    if (waited >= milliseconds(timeout)) {
      throw ct::TimeoutError("no rank has set the key '" + key + "' in time");
    }
    // A short wait ends soon after its key comes, a long one asks seldom.
    std::this_thread::sleep_for(std::clamp(waited / 8, microseconds(100), microseconds(20000)));
  }
}

void ct::tell(c10d::Store &store, const std::string &key, const std::string &value) {
  store.set(key, std::vector<uint8_t>(value.begin(), value.end()));
}

std::string ct::ask(c10d::Store &store, const std::string &key, ct_int timeout) {
  waitFor(store, key, timeout);
  const auto value = store.get(key);
  return std::string(value.begin(), value.end());
}

bool ct::isUnanimous(
    c10d::Store &store, const std::string &topic, const std::string &own, int rank, int size, ct_int timeout) {
  tell(store, topic + std::to_string(rank), own);
  bool agrees = true;
  for (int other = 0; other < size; ++other) {
    if (other != rank) agrees = ask(store, topic + std::to_string(other), timeout) == own && agrees;
  }
  return agrees;
}

void ct::ignoreBrokenPipes() {
  struct sigaction action;
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

extern "C" {

ct_status ct_store_tcp(
    const char *host, uint16_t port, bool is_server, ct_int workers, ct_int timeout_ms, ct_store *result,
    uint16_t *chosen_port) noexcept {
  return boundary([&] {
    ct::ignoreBrokenPipes();
    c10d::TCPStoreOptions options;
    options.port = port;
    options.isServer = is_server;
    if (workers >= 0) options.numWorkers = static_cast<size_t>(workers);
    options.waitWorkers = workers >= 0;
    options.timeout = milliseconds(timeout_ms);
    auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
    *chosen_port = store->getPort();
    *result = wrapStore(std::move(store));
  });
}

ct_status ct_store_file(const char *path, ct_int workers, ct_store *result) noexcept {
  return boundary(
      [&] { *result = wrapStore(c10::make_intrusive<c10d::FileStore>(path, static_cast<int>(workers))); });
}

ct_status ct_store_hash(ct_store *result) noexcept {
  return boundary([&] { *result = wrapStore(c10::make_intrusive<c10d::HashStore>()); });
}

ct_status ct_store_prefix(const char *prefix, ct_store store, ct_store *result) noexcept {
  return boundary(
      [&] { *result = wrapStore(c10::make_intrusive<c10d::PrefixStore>(prefix, unwrapStore(store))); });
}

ct_status ct_store_clone(ct_store store, ct_store *result) noexcept {
  return boundary([&] { *result = wrapStore(unwrapStore(store)->clone()); });
}

void ct_store_release(ct_store store) noexcept {
  c10::intrusive_ptr<c10d::Store>::reclaim(reinterpret_cast<c10d::Store *>(store)).reset();
}

ct_status ct_store_set(ct_store store, const char *key, const uint8_t *bytes, size_t count) noexcept {
  return boundary([&] { unwrapStore(store)->set(key, std::vector<uint8_t>(bytes, bytes + count)); });
}

ct_status ct_store_get(
    ct_store store, const char *key, ct_int timeout_ms, uint8_t **bytes, size_t *count) noexcept {
  return boundary([&] {
    auto shared = unwrapStore(store);
    waitFor(*shared, key, timeout_ms);
    const std::vector<uint8_t> value = shared->get(key);
    *bytes = static_cast<uint8_t *>(std::malloc(value.empty() ? 1 : value.size()));
    if (*bytes == nullptr) throw std::bad_alloc();
    if (!value.empty()) std::memcpy(*bytes, value.data(), value.size());
    *count = value.size();
  });
}

ct_status ct_store_wait(ct_store store, const char *key, ct_int timeout_ms) noexcept {
  return boundary([&] { waitFor(*unwrapStore(store), key, timeout_ms); });
}

ct_status ct_store_check(ct_store store, const char *key, bool *result) noexcept {
  return boundary([&] { *result = unwrapStore(store)->check({key}); });
}

ct_status ct_store_add(ct_store store, const char *key, ct_int amount, ct_int *result) noexcept {
  return boundary([&] { *result = unwrapStore(store)->add(key, amount); });
}

ct_status ct_store_delete(ct_store store, const char *key, bool *existed) noexcept {
  return boundary([&] { *existed = unwrapStore(store)->deleteKey(key); });
}

}  // extern "C"
