// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msggw::http {

/// Octets on their way to a socket: small pieces are gathered in one string whose memory is used
/// again, long bodies are moved in whole and written from where they are.
class Output {
 public:
  /// Of the memory that is used again, octets: what is longer is given back when it has been sent.
  static constexpr std::size_t kMostSpare = 16 * 1024;
  explicit Output(std::size_t most_spare = kMostSpare) noexcept : most_spare_(most_spare) {}

  /// Where small pieces are appended.
  std::string& tail() {
    if (chunks_.empty() || closed_) {
      chunks_.emplace_back(std::exchange(spare_, {}));
      closed_ = false;
    }
    return chunks_.back();
  }
  void append(std::string_view octets) { tail().append(octets); }
  void append(std::string&& octets) {
    if (octets.size() < kOwnChunk) {
      tail().append(octets);
      return;
    }
    chunks_.push_back(std::move(octets));
    closed_ = true;
  }

  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (const auto& chunk : chunks_) sum += chunk.size();
    return sum;
  }

  /// Leaves the first `size` octets.
  void cut(std::size_t size) {
    std::string all = joined().substr(0, size);
    clear();
    append(std::move(all));
  }
  /// Appends what stands behind the first `offset` octets once more.
  void repeat_from(std::size_t offset) { append(joined().substr(offset)); }

  /// Views for a gathering write; valid until the next change.
  std::span<const boost::asio::const_buffer> buffers() {
    views_.clear();
    for (const auto& chunk : chunks_) views_.push_back(boost::asio::buffer(chunk));
    return views_;
  }

  void clear() noexcept {
    if (!chunks_.empty() && chunks_.front().capacity() <= most_spare_) {
      spare_ = std::move(chunks_.front());
      spare_.clear();
    }
    chunks_.clear();
    closed_ = false;
  }

 private:
  std::string joined() const {
    std::string all;
    for (const auto& chunk : chunks_) all += chunk;
    return all;
  }

  static constexpr std::size_t kOwnChunk = 16 * 1024;

  std::size_t most_spare_;
  std::vector<std::string> chunks_;
  std::vector<boost::asio::const_buffer> views_;
  std::string spare_;
  bool closed_ = false;  // the last chunk is a body of its own
};

}  // namespace msggw::http
