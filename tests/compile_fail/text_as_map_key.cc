// expect: A weir::Text cannot be the key of a map or the element of a set: use std::string there
#include <map>

#include <weir/core/contains_text.h>

void carry(std::map<weir::Text, int>& counts, weir::Arena& arena) { weir::rehome(counts, arena); }
