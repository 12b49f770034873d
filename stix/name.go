package stix

// nameID numbers the property names of the specification, so that a scanned
// member name is compared once and a validator looks properties up by index.
// Zero is any other name.
type nameID uint16

// nameTable finds nameIDs by hash: open addressing, at most half full.
type nameTable struct {
	slots []nameSlot
	text  []string // by nameID
}

type nameSlot struct {
	hash uint32
	id   nameID
}

func (t *nameTable) find(hash uint32, key []byte) nameID {
	if t == nil || len(t.slots) == 0 {
		return 0
	}
	mask := uint32(len(t.slots) - 1)
	for i := hash & mask; t.slots[i].id != 0; i = (i + 1) & mask {
		if t.slots[i].hash == hash && t.text[t.slots[i].id] == string(key) {
			return t.slots[i].id
		}
	}
	return 0
}

func (t *nameTable) add(name string) nameID {
	hash := hashName([]byte(name))
	if id := t.find(hash, []byte(name)); id != 0 {
		return id
	}
	if len(t.text) == 0 {
		t.text = append(t.text, "")
	}
	if (len(t.text)+1)*2 > len(t.slots) {
		old := t.text[1:]
		t.slots = make([]nameSlot, max(64, 2*len(t.slots)))
		for i, n := range old {
			t.put(nameSlot{hashName([]byte(n)), nameID(i + 1)})
		}
	}
	id := nameID(len(t.text))
	t.text = append(t.text, name)
	t.put(nameSlot{hash, id})
	return id
}

func (t *nameTable) put(s nameSlot) {
	mask := uint32(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].id != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}
