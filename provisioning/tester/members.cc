// SPDX-License-Identifier: Apache-2.0
#include "provisioning/tester/members.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "gateway/base/text.h"

namespace msggw::tester {

namespace {

constexpr std::size_t kMostTextOctets = 4'096;
constexpr std::size_t kMostItems = 10'000;

std::string_view view_of(const boost::json::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

Members::Members(const boost::json::object& object, std::string path,
                 std::initializer_list<std::string_view> allowed, std::string& problem)
    : object_(object), path_(std::move(path)), problem_(problem) {
  for (const auto& member : object) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    std::string known;
    for (const std::string_view one : allowed) known.append(known.empty() ? "" : ", ").append(one);
    wrong(base::printable(name), "is not known; there are " + known);
  }
}

void Members::wrong(std::string_view name, std::string_view what) {
  if (problem_.empty()) problem_.append(path_).append(name).append(" ").append(what);
}

void Members::text(std::string_view name, std::string& into) {
  const auto* value = find(name);
  if (value == nullptr) return;
  if (!value->is_string() || value->get_string().size() > kMostTextOctets)
    return wrong(name, "must be a text of at most 4096 octets");
  into = view_of(value->get_string());
}

void Members::flag(std::string_view name, bool& into) {
  const auto* value = find(name);
  if (value == nullptr) return;
  if (!value->is_bool()) return wrong(name, "must be true or false");
  into = value->get_bool();
}

void Members::fraction(std::string_view name, double& into) {
  const auto* value = find(name);
  if (value == nullptr) return;
  const double number = value->is_double()  ? value->get_double()
                        : value->is_int64() ? static_cast<double>(value->get_int64())
                                            : -1.0;
  if (!(number >= 0.0 && number <= 1.0)) return wrong(name, "must be a number from 0 to 1");
  into = number;
}

bool Members::read_number(std::string_view name, std::uint64_t& into, std::uint64_t least,
                          std::uint64_t most) {
  const auto* value = find(name);
  if (value == nullptr) return false;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error || value->is_double() || number < least || number > most) {
    wrong(name,
          "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return false;
  }
  into = number;
  return true;
}

void Members::numbers(std::string_view name, std::vector<std::uint64_t>& into,
                      std::uint64_t least) {
  const auto* value = find(name);
  if (value == nullptr) return;
  boost::json::array one{*value};
  const auto& items = value->is_array() ? value->get_array() : one;
  if (items.empty() || items.size() > kMostItems) return wrong(name, "must have 1 to 10000 items");
  for (const auto& item : items) {
    boost::system::error_code error;
    const auto number = item.to_number<std::uint64_t>(error);
    if (error || item.is_double() || number < least)
      return wrong(name, "must be whole numbers from " + std::to_string(least) + " on");
    into.push_back(number);
  }
}

std::vector<std::string_view> Members::read_words(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (value->is_string()) return {view_of(value->get_string())};
  std::vector<std::string_view> words;
  if (value->is_array() && value->get_array().size() <= kMostItems) {
    for (const auto& item : value->get_array()) {
      if (item.is_string()) words.push_back(view_of(item.get_string()));
    }
  }
  const bool whole =
      value->is_array() && !words.empty() && words.size() == value->get_array().size();
  if (!whole) wrong(name, "must be a word or a list of words");
  return whole ? words : std::vector<std::string_view>{};
}

}  // namespace msggw::tester
