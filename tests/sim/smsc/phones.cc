// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/phones.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "tests/sim/smsc/printable.h"

namespace msggw::smsc {
namespace {

std::string_view without_plus(std::string_view number) {
  return number.starts_with('+') ? number.substr(1) : number;
}

std::string with_plus(const Address& address) {
  std::string text(address.text);
  return address.ton == 1 && !text.starts_with('+') ? "+" + text : text;
}

}  // namespace

bool Phones::take(const Arrival& arrival, Alphabet standard) {
  Phone* const phone = this->phone(without_plus(arrival.sm.destination.text));
  if (phone == nullptr) {
    ++dropped_;
    return false;
  }
  const Sm& sm = arrival.sm;
  std::string_view octets = sm.octets;
  std::size_t header = 0;
  std::optional<Place> place;
  if ((sm.esm_class & esm::header) != 0) {
    if (const auto data = parse_user_data(octets)) {
      header = data->header_octets;
      place = data->place;
      octets.remove_prefix(header);
    }
  }
  if (sm.segment && !place && sm.segment->number >= 1 && sm.segment->number <= sm.segment->total) {
    place = Place{sm.segment->reference, sm.segment->total, sm.segment->number};
  }
  const Alphabet alphabet = alphabet_of(sm.data_coding, standard);
  Message message;
  message.at = arrival.at;
  message.from = with_plus(sm.source);
  message.account = arrival.account;
  message.data_coding = sm.data_coding;
  message.is_text = alphabet != Alphabet::binary;
  message.text = decode_text(octets, alphabet, header);
  if (place && place->total > 1) {
    if (!join(*phone, *place, arrival, message)) return false;
  } else {
    message.ids.emplace_back(arrival.id);
  }
  message.n = ++phone->received;
  phone->messages.push_back(std::move(message));
  if (phone->messages.size() > kMostMessages) phone->messages.pop_front();
  return true;
}

/// Keeps one part; true when it was the last one missing, and `message` has all the text then.
bool Phones::join(Phone& phone, const Place& place, const Arrival& arrival, Message& message) {
  auto found = std::find_if(phone.incomplete.begin(), phone.incomplete.end(), [&](const auto& i) {
    return i.place.reference == place.reference && i.place.total == place.total &&
           i.from == message.from;
  });
  if (found == phone.incomplete.end()) {
    if (phone.incomplete.size() >= kMostIncomplete) phone.incomplete.pop_front();
    const std::size_t total = place.total;
    phone.incomplete.push_back({message.from, place, std::vector<std::string>(total),
                                std::vector<std::string>(total), std::vector<bool>(total), total});
    found = std::prev(phone.incomplete.end());
  }
  const std::size_t part = place.number - 1u;
  if (found->here[part]) return false;
  found->here[part] = true;
  found->texts[part] = std::move(message.text);
  found->ids[part] = arrival.id;
  if (--found->missing > 0) return false;
  message.text.clear();
  for (const std::string& text : found->texts) message.text += text;
  message.ids = std::move(found->ids);
  phone.incomplete.erase(found);
  return true;
}

Phones::Phone* Phones::phone(std::string_view number) {
  const auto found = phones_.find(number);
  if (found != phones_.end()) return found->second.get();
  if (phones_.size() >= most_) return nullptr;
  return phones_.emplace(std::string(number), std::make_unique<Phone>()).first->second.get();
}

const Phones::Phone* Phones::find(std::string_view number) const {
  const auto found = phones_.find(without_plus(number));
  return found == phones_.end() ? nullptr : found->second.get();
}

std::uint64_t Phones::received(std::string_view number) const {
  const Phone* const phone = find(number);
  return phone == nullptr ? 0 : phone->received;
}

boost::json::object Phones::to_json(const Message& m) {
  boost::json::array ids;
  for (const std::string& id : m.ids) ids.emplace_back(id);
  boost::json::object out{{"n", m.n},
                          {"at", m.at},
                          {"from", json_text(m.from)},
                          {"account", json_text(m.account)},
                          {"dataCoding", m.data_coding},
                          {"parts", m.ids.size()},
                          {"messageIds", std::move(ids)}};
  out[m.is_text ? "text" : "octets"] = json_text(m.text);
  return out;
}

boost::json::object Phones::list(std::string_view number, std::uint64_t after) const {
  const Phone* const phone = find(number);
  boost::json::array messages;
  if (phone != nullptr) {
    for (const Message& message : phone->messages) {
      if (message.n > after) messages.emplace_back(to_json(message));
    }
  }
  return {{"number", json_text(number)},
          {"received", phone == nullptr ? 0 : phone->received},
          {"incomplete", phone == nullptr ? 0 : phone->incomplete.size()},
          {"messages", std::move(messages)}};
}

void Phones::clear() {
  phones_.clear();
  dropped_ = 0;
}

}  // namespace msggw::smsc
