// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/blocks.h"

#include <algorithm>
#include <iterator>

#include "gateway/base/bytes.h"

namespace msggw::coap {

namespace {

std::string fingerprint(std::string_view payload) {
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a: tells versions of a representation apart, no more
  for (const char c : payload) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  std::string octets;
  for (int shift = 24; shift >= 0; shift -= 8) octets += static_cast<char>(hash >> shift);
  return octets;
}

}  // namespace

std::uint64_t PartialBodies::id_of(const Request& request) const {
  constexpr std::size_t kUsual = 128;
  std::string text;
  text.reserve(kUsual);
  base::ByteWriter to(text);  // with lengths, so that no two lists of strings look alike
  to.varint(static_cast<std::uint64_t>(request.method));
  to.bytes(request.request_tag);
  to.varint(request.path.size());
  for (const auto segment : request.path) to.bytes(segment);
  for (const auto query : request.queries) to.bytes(query);
  return hash_of(key_, request.peer, base::keyed_hash(key_, text));
}

void PartialBodies::drop(Parts::iterator part) {
  room_.give_back(part->source);
  by_id_.erase(part->id);
  parts_.erase(part);
}

/// Takes a place for the source; if it has any itself, its own give way.
void PartialBodies::make_room(base::Source source) {
  while (!room_.take(source)) {
    const auto own = std::find_if(parts_.begin(), parts_.end(),
                                  [source](const Part& part) { return part.source == source; });
    drop(own == parts_.end() ? parts_.begin() : own);
  }
}

PartialBodies::Added PartialBodies::add(const Request& request, const Block& block,
                                        base::TimePoint now, std::optional<std::size_t> octets) {
  const std::size_t most = octets.value_or(limits_.octets);
  while (!parts_.empty() && parts_.front().last + limits_.keep <= now) drop(parts_.begin());
  const std::uint64_t id = id_of(request);
  const auto known = by_id_.find(id);
  const auto part = known == by_id_.end() ? parts_.end() : known->second;
  const bool too_large =
      block.offset() + request.payload.size() > most || request.size1.value_or(0) > most;
  const bool bad_size = block.more && !block.may_hold(request.payload.size());
  if (too_large || bad_size || block.number == 0) {
    if (part != parts_.end()) drop(part);
    if (too_large) return {Step::too_large, {}};
    if (bad_size) return {Step::bad_size, {}};
    if (!block.more) return {Step::complete, std::string(request.payload)};
    const base::Source source = source_of(request.peer);
    make_room(source);
    parts_.push_back({id, source, now, std::string(request.payload)});
    by_id_[id] = std::prev(parts_.end());
    return {Step::more, {}};
  }
  if (part == parts_.end()) return {Step::incomplete, {}};
  return extend(part, request, block, now);
}

PartialBodies::Added PartialBodies::extend(Parts::iterator part, const Request& request,
                                           const Block& block, base::TimePoint now) {
  const bool there = block.offset() < part->octets.size();
  const bool of_another =
      there && part->octets.compare(block.offset(), request.payload.size(), request.payload) != 0;
  if (block.offset() > part->octets.size() || of_another) {
    drop(part);
    return {Step::incomplete, {}};
  }
  part->last = now;
  parts_.splice(parts_.end(), parts_, part);
  if (!there) part->octets.append(request.payload);
  if (block.more) return {Step::more, {}};
  Added whole{Step::complete, std::move(part->octets)};
  drop(part);
  return whole;
}

void LargeAnswers::drop_first() {
  octets_ -= kept_.front().response.payload.size();
  by_id_.erase(kept_.front().id);
  kept_.pop_front();
}

void LargeAnswers::keep(std::uint64_t id, const Response& response, base::TimePoint now) {
  if (const auto known = by_id_.find(id); known != by_id_.end()) {
    kept_.splice(kept_.begin(), kept_, known->second);
    drop_first();
  }
  if (response.payload.size() > limits_.octets) return;
  while (!kept_.empty() && (kept_.size() >= limits_.answers || kept_.front().until <= now ||
                            octets_ + response.payload.size() > limits_.octets))
    drop_first();
  octets_ += response.payload.size();
  kept_.push_back({id, now + limits_.keep, response});
  by_id_[id] = std::prev(kept_.end());
}

const Response* LargeAnswers::find(std::uint64_t id, base::TimePoint now) {
  const auto known = by_id_.find(id);
  if (known == by_id_.end() || known->second->until <= now) return nullptr;
  return &known->second->response;
}

bool cut_to_block(Response& response, const std::optional<Block>& wanted, std::size_t most) {
  Block block = wanted.value_or(Block{});
  const std::size_t whole = response.payload.size();
  if (block.number == 0 && whole <= (wanted ? block.size() : most)) return true;
  if (block.offset() >= whole) return false;
  block.exponent = std::min(block.exponent, Block::kMostExponent);
  block.more = block.offset() + block.size() < whole;
  if (response.etag.empty()) response.etag = fingerprint(response.payload);
  response.payload = response.payload.substr(block.offset(), block.size());
  response.block2 = block;
  return true;
}

}  // namespace msggw::coap
