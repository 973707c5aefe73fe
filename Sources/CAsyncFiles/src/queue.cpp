// The C interface: a queue is its workers, and an operation is divided among them by byte ranges.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

#include "worker.h"

struct ca_queue_s {
  int64_t blockSize;
  ca_backend backend;
  std::vector<std::unique_ptr<ca::Worker>> workers;
  // The worker of the next operation's first range, so that small operations go to all in turn.
  std::atomic<size_t> next{0};
};

struct ca_operation_s {
  std::shared_ptr<ca::Operation> operation;
};

namespace {

// Sets `backend` to the one that the driver is of.
int makeDriver(const ca_settings &settings, std::unique_ptr<ca::Driver> &driver, ca_backend &backend) {
  if (settings.backend != CA_THREADS) {
    const int error = ca::makeRingDriver(settings.queue_depth, driver);
    backend = CA_RING;
    if (error == 0 || settings.backend == CA_RING) return error;
  }
  driver = ca::makeThreadDriver(settings.queue_depth);
  backend = CA_THREADS;
  return 0;
}

int64_t roundUp(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

extern "C" {

int32_t ca_queue_open(const ca_settings *settings, ca_queue *result) noexcept {
  try {
    auto queue = std::make_unique<ca_queue_s>();
    queue->blockSize = settings->block_size;
    for (int32_t index = 0; index < settings->worker_count; ++index) {
      std::unique_ptr<ca::Driver> driver;
      if (const int error = makeDriver(*settings, driver, queue->backend)) return error;
      queue->workers.push_back(std::make_unique<ca::Worker>(*settings, std::move(driver)));
    }
    *result = queue.release();
    return 0;
  } catch (const std::system_error &error) {
    return error.code().value();
  } catch (const std::bad_alloc &) {
    return ENOMEM;
  }
}

void ca_queue_close(ca_queue queue) noexcept { delete queue; }

ca_backend ca_queue_backend(ca_queue queue) noexcept { return queue->backend; }

ca_operation ca_start(ca_queue queue, const ca_request *request) noexcept {
  auto operation = std::make_shared<ca::Operation>(request->byte_count);
  const int64_t unit = request->file.offset_alignment;
  const int64_t blockCount = (request->byte_count + queue->blockSize - 1) / queue->blockSize;
  const auto workerCount = static_cast<int64_t>(queue->workers.size());
  const int64_t partCount = std::clamp<int64_t>(blockCount, 1, workerCount);
  const int64_t partSize = (request->byte_count + partCount - 1) / partCount;
  const int64_t end = request->offset + request->byte_count;
  size_t worker = queue->next.fetch_add(1, std::memory_order_relaxed);
  int64_t begin = request->offset;
  for (int64_t part = 1; begin < end; ++part) {
    // Ranges meet at borders of pages, so that no two of them touch one.
    const int64_t border = std::min(end, roundUp(request->offset + part * partSize, unit));
    if (border <= begin) continue;
    char *memory = static_cast<char *>(request->memory) + (begin - request->offset);
    queue->workers[worker++ % queue->workers.size()]->post(
        {operation, request->file, request->is_write, memory, begin, border - begin});
    begin = border;
  }
  return new ca_operation_s{std::move(operation)};
}

bool ca_operation_has_ended(ca_operation operation) noexcept { return operation->operation->hasEnded(); }

ca_result ca_operation_wait(ca_operation operation) noexcept { return operation->operation->wait(); }

void ca_operation_release(ca_operation operation) noexcept { delete operation; }

}  // extern "C"
